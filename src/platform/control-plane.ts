import { startBlobstore } from "../capi/blobstore/index.ts";
import { startLocket } from "../diego/locket/index.ts";
import type { Isolation } from "../garden/index.ts";
import { startProcessGauges } from "../logging/metrics/index.ts";
import { type Assembly, newAssembly } from "./assembly/assembly.ts";
import { startCapi } from "./assembly/capi.ts";
import { startCell } from "./assembly/cell.ts";
import { startDiego } from "./assembly/diego.ts";
import { beginGarden } from "./assembly/garden.ts";
import { startIdentity } from "./assembly/identity.ts";
import { beginLifecycle } from "./assembly/lifecycle.ts";
import { startLogging } from "./assembly/logging.ts";
import { DomainNews, startNames } from "./assembly/networking.ts";
import { startBus, startRouter, startRoutes } from "./assembly/routing.ts";
import type { Site } from "./assembly/site.ts";
import { narrate } from "./narrator.ts";
import { type Operator, startOperator } from "./operator.ts";
import { measureAnswers } from "./platform-metrics.ts";
import { type PlatformStatus, readStatus, type StatusFacts } from "./status.ts";
import { uaaNames } from "./urls.ts";

export interface ControlPlane extends AsyncDisposable {
  readonly isolation: Isolation;
  readonly notes: readonly string[];
  /** Cells that take work. */
  cells(): Promise<number>;
  status(about: StatusFacts): Promise<PlatformStatus>;
  stopApps(): Promise<void>;
  readonly operator: Operator;
  /** Says what happens to apps, a line an event, until aborted. */
  narrate(signal: AbortSignal): Promise<void>;
}

/**
 * Which components run, in which order, with whose clients: all of them in this process, calling each other directly. What
 * does not wait for another starts beside it. Rejects with everything stopped that it had started.
 */
export async function startControlPlane(site: Site, deps: Assembly["deps"]): Promise<ControlPlane> {
  const { config, state } = site;
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
  const capi = await startCapi(assembly, { uaa: uaa.client, blobstore: blobstore.client, bbs, logging, domains });
  const rep = await startCell(assembly, { garden, agent, lifecycleFolder: lifecycle.folder, diego });
  const components = [
    { name: "api", uris: [`api.${config.domain}`], ...capi.address },
    { name: "uaa", uris: uaaNames(config.domain), ...uaa.address },
    { name: "log-cache", uris: [`log-cache.${config.domain}`], ...logging.logCacheAddress },
  ];
  await startRoutes(assembly, { router: gorouter, bus, bbs, components });
  await startNames(assembly, garden, domains);
  const runtimes = await lifecycle.prepareRuntimes();

  const operated = { uaa, capi, blobstore: blobstore.client, nats, logging, gorouter, bbs };
  const operator = await keep(startOperator(assembly, { ...operated, rep: rep.client, garden: garden.client }));

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
    operator,
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
