import type { ContainerMetrics } from "../../garden/client.ts";
import type { GaugeEnvelope } from "../../protocol/envelope.ts";
import { envelopeSource } from "./log-streamer.ts";
import type { Container } from "./model.ts";

/** What the next sample is compared with. */
export interface CpuSample {
  readonly usageNs: bigint;
  readonly ageNs: bigint;
}

/** The container's share of the cell: memory decides, as for the cgroup shares. */
export interface CpuEntitlement {
  readonly cpuCount: number;
  readonly cellMemoryMb: number;
}

/** Percent of one core between two samples, 0 without an earlier one. Diego: containermetrics/stats_reporter.go, calculateInfo */
export function cpuPercent(previous: CpuSample | null, now: CpuSample): number {
  const passedNs = previous === null ? 0 : Number(now.ageNs - previous.ageNs);
  if (previous === null || passedNs <= 0) return 0;
  return Math.max(0, (Number(now.usageNs - previous.usageNs) / passedNs) * 100);
}

/**
 * Three gauges of one sample, names and units as the real ones: `cf app` reads them. `cpu` is percent of one core.
 * Diego: diego-logging-client/client.go, containermetrics/metrics_processor.go
 */
export function metricEnvelopes(
  container: Container,
  sample: ContainerMetrics,
  cpu: number,
  log: { readonly rate: number; readonly limit: number },
  entitlement: CpuEntitlement,
  nowNs: bigint,
): readonly GaugeEnvelope[] {
  if (container.run === null) return [];
  const { sourceId, instanceId, tags } = envelopeSource(container.run.metricsConfig);
  if (sourceId === "") return [];
  const share = entitlement.cpuCount * (container.need.memoryMb / Math.max(entitlement.cellMemoryMb, 1));
  const gauge = (metrics: GaugeEnvelope["metrics"]): GaugeEnvelope => ({
    kind: "gauge",
    timestampNs: nowNs,
    sourceId,
    instanceId,
    tags,
    metrics,
  });
  return [
    gauge({
      cpu: { unit: "percentage", value: cpu },
      memory: { unit: "bytes", value: sample.memoryUsageBytes },
      disk: { unit: "bytes", value: sample.diskUsageBytes },
      memory_quota: { unit: "bytes", value: sample.memoryLimitBytes || container.memoryLimitBytes },
      disk_quota: { unit: "bytes", value: sample.diskLimitBytes || container.diskLimitBytes },
    }),
    gauge({
      container_age: { unit: "nanoseconds", value: Number(sample.ageNs) },
      cpu_entitlement: { unit: "percentage", value: share > 0 ? cpu / share : 0 },
      absolute_usage: { unit: "nanoseconds", value: Number(sample.cpuUsageNs) },
      absolute_entitlement: { unit: "nanoseconds", value: Number(sample.ageNs) * share },
    }),
    gauge({
      log_rate: { unit: "B/s", value: log.rate },
      log_rate_limit: { unit: "B/s", value: log.limit },
    }),
  ];
}
