import type { BlobstoreClient } from "../capi/blobstore/client.ts";
import type { Uaa } from "../identity/uaa/index.ts";
import { startMetricsServer } from "../logging/metrics/index.ts";
import type { NatsServer } from "../routing/nats-server/index.ts";
import type { CheckParts } from "./admin/check-running.ts";
import type { OrderParts } from "./admin/orders.ts";
import { SealRotation } from "./admin/seal-rotation.ts";
import type { Assembly } from "./assembly/assembly.ts";
import type { RunningCapi } from "./assembly/capi.ts";
import { ADMIN_USER, platformClients } from "./assembly/identity.ts";
import type { Logging } from "./assembly/logging.ts";
import { renewCertificates } from "./certificate-renewal.ts";
import { failing } from "./health.ts";
import { measurePlatform } from "./platform-metrics.ts";

/** What an operator can ask of a running platform. */
export interface Operator {
  /** Carries out an operator's order. Throws `RefusedError`. */
  order(name: string, body: unknown): Promise<unknown>;
  /** The page for Prometheus. */
  metrics(): Promise<string>;
  /** Names of what does not answer; empty when all is well. */
  failing(): Promise<readonly string[]>;
}

export interface OperatedParts extends Pick<CheckParts, "bbs" | "rep" | "garden"> {
  readonly gorouter: Parameters<typeof measurePlatform>[1]["gorouter"];
  readonly uaa: Uaa;
  readonly capi: RunningCapi;
  readonly blobstore: BlobstoreClient;
  readonly nats: NatsServer;
  readonly logging: Logging;
}

/** Whoever asks for metrics waits no longer. */
const PAGE_MS = 10_000;

/**
 * Keeps certificates young, goes on with a change of keys that was cut off, and answers operators. Rejects when the port for metrics is
 * taken.
 */
export async function startOperator(
  { site, deps, log, metrics }: Assembly,
  { uaa, capi, blobstore, nats, logging, gorouter, bbs, rep, garden }: OperatedParts,
): Promise<Operator & AsyncDisposable> {
  const { clock, secrets } = deps;
  const { config, state, store } = site;
  const cc = capi.operator;
  const stop = new AbortController();
  await using cleanup = new AsyncDisposableStack();
  const certificates = cleanup.use(renewCertificates(site, { clock, log: log("certificates"), gorouter }));
  const sealing = new SealRotation({ store, secrets, cc, log: log("operator"), signal: stop.signal });
  const parts: OrderParts = {
    ...{ store, certificates, sealing, clock, secrets, uaa: uaa.admin },
    ...{ adminUser: ADMIN_USER, log: log("operator"), signal: stop.signal },
    clients: () => platformClients(site),
    check: {
      ...{ cc, source: capi.bridgeSource, bridge: capi.bridge, blobstore, gorouter, bbs, rep, garden },
      ...{ clock, log: log("check") },
    },
  };
  const logs = { logCache: logging.logCache, logsDropped: logging.dropped };
  const times = { clock, startedAtMs: clock.nowMs() };
  cleanup.use(
    measurePlatform(metrics, { bbs, rep, garden, cc, gorouter, nats, ...logs, ...times, stateRoot: state.root }),
  );
  const operator: Operator = {
    order: async (name, body) => (await import("./admin/orders.ts")).carryOut(parts, name, body),
    metrics: () => metrics.page(clock.deadline(PAGE_MS, stop.signal)),
    failing: () => failing({ cc, uaa: uaa.admin, bbs, clock }),
  };
  if (config.metricsPort !== null) {
    const { metrics: page, failing: unwell } = operator;
    cleanup.use(await startMetricsServer(config.metricsPort, { log: log("metrics"), page, failing: unwell }));
  }
  const finishing = sealing.finish();
  cleanup.defer(async () => {
    stop.abort(new Error("the platform stops"));
    await finishing;
  });
  const owned = cleanup.move();
  return { ...operator, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
