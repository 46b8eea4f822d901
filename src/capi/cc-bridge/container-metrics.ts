import type { LogCacheClient } from "../../logging/log-cache/client.ts";

/** The newest metrics of one instance, as far as they were seen. */
export interface ContainerMetricsSeen {
  readonly timestampNs: bigint;
  /** Percent of one core. */
  readonly cpu?: number;
  /** Percent of what the memory limit entitles to. */
  readonly cpu_entitlement?: number;
  readonly memory?: number;
  readonly disk?: number;
  readonly memory_quota?: number;
  readonly disk_quota?: number;
  readonly log_rate?: number;
  readonly log_rate_limit?: number;
}

const METRICS = [
  "cpu",
  "cpu_entitlement",
  "memory",
  "disk",
  "memory_quota",
  "disk_quota",
  "log_rate",
  "log_rate_limit",
] as const;
/** Older ones say nothing about now. CC: lib/logcache/traffic_controller_decorator.rb looks 2 minutes back */
const LOOK_BACK_NS = 120_000_000_000n;
const READ_MAX = 1000;

/** By instance index. CC: logcache/container_metric_batcher.rb */
export function containerMetrics(
  logCache: LogCacheClient,
  appGuid: string,
  processGuid: string,
  nowNs: bigint,
): Map<number, ContainerMetricsSeen> {
  const envelopes = logCache.read(appGuid, {
    startTimeNs: nowNs - LOOK_BACK_NS,
    descending: true,
    envelopeTypes: ["GAUGE"],
    limit: READ_MAX,
  });
  const seen = new Map<number, ContainerMetricsSeen>();
  for (const envelope of envelopes) {
    if (envelope.kind !== "gauge" || envelope.tags["process_id"] !== processGuid) continue;
    const index = Number(envelope.instanceId);
    // Newest first: what is known already stays.
    const known = seen.get(index) ?? { timestampNs: envelope.timestampNs };
    const found: Record<string, number> = {};
    for (const name of METRICS) {
      const metric = envelope.metrics[name];
      if (metric !== undefined && known[name] === undefined) found[name] = metric.value;
    }
    seen.set(index, { ...known, ...found });
  }
  return seen;
}
