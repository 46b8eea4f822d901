import { startBlobstore } from "../capi/blobstore/index.ts";
import { startLocket } from "../diego/locket/index.ts";
import type { Isolation } from "../garden/index.ts";
import { startMetricsServer, startProcessGauges } from "../logging/metrics/index.ts";
import type { OrderParts } from "./admin/orders.ts";
import { finishSealRotation } from "./admin/seal-rotation.ts";
import { type Assembly, newAssembly } from "./assembly/assembly.ts";
import { startCapi } from "./assembly/capi.ts";
import { startCell } from "./assembly/cell.ts";
import { startDiego } from "./assembly/diego.ts";
import { beginGarden } from "./assembly/garden.ts";
import { ADMIN_USER, platformClients, startIdentity } from "./assembly/identity.ts";
import { beginLifecycle } from "./assembly/lifecycle.ts";
import { startLogging } from "./assembly/logging.ts";
import { DomainNews, startNames } from "./assembly/networking.ts";
import { startBus, startRouter, startRoutes } from "./assembly/routing.ts";
import type { Site } from "./assembly/site.ts";
import { renewCertificates } from "./certificate-renewal.ts";
import { failing } from "./health.ts";
import { narrate } from "./narrator.ts";
import { measureAnswers, measurePlatform } from "./platform-metrics.ts";
import { type PlatformStatus, readStatus, type StatusFacts } from "./status.ts";
import { uaaNames } from "./urls.ts";

/** Whoever asks for metrics waits no longer. */
const PAGE_MS = 10_000;

export interface ControlPlane extends AsyncDisposable {
  readonly isolation: Isolation;
  readonly notes: readonly string[];
  /** Cells that take work. */
  cells(): Promise<number>;
  status(about: StatusFacts): Promise<PlatformStatus>;
  stopApps(): Promise<void>;
  /** Carries out an operator's order. Throws `RefusedError`. */
  order(name: string, body: unknown): Promise<unknown>;
  /** The page for Prometheus. */
  metrics(): Promise<string>;
  /** Names of what does not answer. */
  failing(): Promise<readonly string[]>;
  /** Says what happens to apps, a line an event, until aborted. */
  narrate(signal: AbortSignal): Promise<void>;
}

/**
 * Which components run, in which order, with whose clients: all of them in this process, calling each other directly. What
 * does not wait for another starts beside it. Rejects with everything stopped that it had started.
 */
export async function startControlPlane(site: Site, deps: Assembly["deps"]): Promise<ControlPlane> {
  const { config, state, store } = site;
  const { clock, random } = deps;
  await using cleanup = new AsyncDisposableStack();
  const assembly = newAssembly(site, deps, cleanup);
  const { log, data, metrics, keep } = assembly;

  const gauges = cleanup.use(startProcessGauges());
  cleanup.use(measureAnswers(metrics));
  const nats = await startBus(assembly);
  const { bus } = nats;
  const logging = await startLogging(assembly);
  const { agent } = logging;
  const lifecycle = beginLifecycle(assembly);
  const gardenStart = beginGarden(assembly, cleanup);
  const [garden, uaa, blobstore, locket, gorouter] = await Promise.all([
    gardenStart.starts,
    startIdentity(assembly),
    keep(startBlobstore({ root: state.blobs }, { random, log: log("blobstore") })),
    keep(startLocket({ databasePath: data("locket") }, { clock, random, log: log("locket") })),
    startRouter(assembly, { bus, agent, garden: gardenStart.starts }),
  ]);
  const diego = await startDiego(assembly, locket.client);
  const { bbs } = diego;
  const domains = new DomainNews();
  const cc = await startCapi(assembly, { uaa: uaa.client, blobstore: blobstore.client, bbs, logging, domains });
  const rep = await startCell(assembly, { garden, agent, lifecycleFolder: lifecycle.folder, diego });
  const components = [
    { name: "api", uris: [`api.${config.domain}`], ...cc.address },
    { name: "uaa", uris: uaaNames(config.domain), ...uaa.address },
    { name: "log-cache", uris: [`log-cache.${config.domain}`], ...logging.logCacheAddress },
  ];
  await startRoutes(assembly, { router: gorouter, bus, bbs, components });
  await startNames(assembly, garden, domains);
  const runtimes = await lifecycle.prepareRuntimes();

  const running = new AbortController();
  const certificates = cleanup.use(renewCertificates(site, { clock, log: log("certificates"), gorouter }));
  const parts: OrderParts = {
    ...{ store, certificates, clock, uaa: uaa.admin, cc: cc.operator, secrets: deps.secrets },
    ...{ adminUser: ADMIN_USER, log: log("operator"), signal: running.signal },
    clients: () => platformClients(site),
    check: {
      ...{ cc: cc.operator, source: cc.bridgeSource, bridge: cc.bridge, blobstore: blobstore.client, gorouter },
      ...{ bbs, rep: rep.client, garden: garden.client, clock, log: log("check") },
    },
  };
  const measured = { bbs, rep: rep.client, garden: garden.client, cc: cc.operator, gorouter, nats, clock };
  const logs = { logCache: logging.logCache, logsDropped: logging.dropped };
  cleanup.use(measurePlatform(metrics, { ...measured, ...logs, startedAtMs: clock.nowMs(), stateRoot: state.root }));
  const page = (): Promise<string> => metrics.page(clock.deadline(PAGE_MS, running.signal));
  const unwell = (): Promise<readonly string[]> => failing({ cc: cc.operator, uaa: uaa.admin, bbs, clock });
  if (config.metricsPort !== null) {
    await keep(startMetricsServer(config.metricsPort, { log: log("metrics"), page, failing: unwell }));
  }
  const resealing = finishSealRotation(parts);
  cleanup.defer(async () => {
    running.abort(new Error("the platform stops"));
    await resealing;
  });

  const owned = cleanup.move();
  gardenStart.keepTraces();
  let appsStopped = false;
  return {
    isolation: garden.isolation,
    notes: garden.notes,
    cells: async () => (await bbs.cells(clock.deadline(5_000))).length,
    status: (facts) => readStatus(facts, { clock, garden, gauges, gorouter, ...diego }),
    stopApps: async () => {
      appsStopped = true;
      await rep.stopAll();
    },
    order: async (name, body) => (await import("./admin/orders.ts")).carryOut(parts, name, body),
    failing: unwell,
    metrics: page,
    narrate: (signal) => narrate({ bbs, clock, log: log("narrator"), say: deps.say }, signal),
    [Symbol.asyncDispose]: async () => {
      await runtimes[Symbol.asyncDispose]();
      // Disposal stops the router's workers; they stay when the apps do.
      if (!appsStopped) await gorouter.letGo();
      await owned.disposeAsync();
      if (appsStopped) await garden.destroyAll();
    },
  };
}
