import type { ActualLrp } from "../../protocol/lrp.ts";
import type { InstanceCounts, InstanceReport, InstanceState, InstanceUsage } from "./client.ts";
import type { ContainerMetricsSeen } from "./container-metrics.ts";

/** Newest record per index: while evacuating or suspect there are two. */
export function newestByIndex(lrps: readonly ActualLrp[]): Map<number, ActualLrp> {
  const newest = new Map<number, ActualLrp>();
  for (const lrp of lrps) {
    const known = newest.get(lrp.key.index);
    if (known === undefined || lrp.sinceNs > known.sinceNs) newest.set(lrp.key.index, lrp);
  }
  return newest;
}

/** CC: diego/reporters/instances_reporter.rb, LrpStateTranslator */
export function instanceState(lrp: Pick<ActualLrp, "state" | "placementError">): InstanceState {
  if (lrp.state === "RUNNING") return "RUNNING";
  if (lrp.state === "CRASHED") return "CRASHED";
  return lrp.state === "UNCLAIMED" && lrp.placementError !== "" ? "DOWN" : "STARTING";
}

/**
 * One report per wanted instance; those of which Diego knows nothing are DOWN. Without a desired LRP the actual ones are
 * stopping. CC: diego/reporters/instances_stats_reporter.rb
 */
export function instanceReports(
  instances: number,
  lrps: readonly ActualLrp[],
  desired: { readonly isolationSegment: string | null } | null,
  metrics: ReadonlyMap<number, ContainerMetricsSeen>,
  nowNs: bigint,
): InstanceReport[] {
  const newest = newestByIndex(lrps);
  return Array.from({ length: instances }, (_, index): InstanceReport => {
    const lrp = newest.get(index);
    if (lrp === undefined) return { index, state: "DOWN", uptimeSeconds: 0, placed: null };
    const seen = metrics.get(index);
    return {
      index,
      state: desired === null ? "STOPPING" : instanceState(lrp),
      uptimeSeconds: Math.max(0, Number((nowNs - lrp.sinceNs) / 1_000_000_000n)),
      placed: {
        instanceGuid: lrp.instanceKey?.instanceGuid ?? "",
        routable: lrp.routable,
        host: lrp.netInfo?.address ?? "",
        internalIp: lrp.netInfo?.instanceAddress ?? "",
        ports: (lrp.netInfo?.ports ?? []).map((port) => ({
          external: port.hostPort,
          internal: port.containerPort,
          externalTlsProxyPort: port.hostTlsProxyPort ?? null,
          internalTlsProxyPort: port.containerTlsProxyPort ?? null,
        })),
        details: lrp.placementError,
        usage: desired === null ? null : usageOf(seen, nowNs),
        memoryQuotaBytes: seen?.memory_quota ?? null,
        diskQuotaBytes: seen?.disk_quota ?? null,
        logRateLimitBytesPerSecond: seen?.log_rate_limit ?? null,
        isolationSegment: desired?.isolationSegment ?? null,
      },
    };
  });
}

/** The wanted instances by how they are doing. */
export function instanceCounts(instances: number, lrps: readonly ActualLrp[]): InstanceCounts {
  const newest = newestByIndex(lrps);
  const counts = { starting: 0, routable: 0, unhealthy: 0 };
  for (let index = 0; index < instances; index++) {
    const lrp = newest.get(index);
    const state = lrp === undefined ? "DOWN" : instanceState(lrp);
    if (state === "RUNNING" && lrp?.routable === true) counts.routable++;
    else if (state === "RUNNING" || state === "STARTING") counts.starting++;
    else counts.unhealthy++;
  }
  return counts;
}

function usageOf(seen: ContainerMetricsSeen | undefined, nowNs: bigint): InstanceUsage {
  const timeMs = Number(nowNs / 1_000_000n);
  const { cpu, memory, disk, log_rate: logRate } = seen ?? {};
  if (cpu === undefined || memory === undefined || disk === undefined || logRate === undefined) {
    return { timeMs, cpu: 0, cpuEntitlement: 0, memoryBytes: 0, diskBytes: 0, logRateBytesPerSecond: 0 };
  }
  return {
    timeMs,
    cpu: cpu / 100,
    cpuEntitlement: seen?.cpu_entitlement === undefined ? null : seen.cpu_entitlement / 100,
    memoryBytes: memory,
    diskBytes: disk,
    logRateBytesPerSecond: logRate,
  };
}
