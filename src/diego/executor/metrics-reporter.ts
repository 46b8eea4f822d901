import type { GardenClient } from "../../garden/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import { type CpuEntitlement, type CpuSample, metricEnvelopes } from "./container-metrics.ts";
import type { ContainerNode } from "./container-node.ts";

export interface MetricsReporterDeps {
  readonly garden: GardenClient;
  readonly agent: AgentClient;
  readonly clock: Clock;
  readonly entitlement: CpuEntitlement;
}

/** Samples containers and hands the gauges to the agent. Diego: containermetrics/reporters_runner.go */
export class MetricsReporter {
  readonly #deps: MetricsReporterDeps;
  readonly #previous = new Map<string, CpuSample & { readonly atMs: number }>();

  constructor(deps: MetricsReporterDeps) {
    this.#deps = deps;
  }

  /** One sample of each of these that is in Garden. */
  async report(nodes: readonly ContainerNode[]): Promise<void> {
    const { garden, agent, clock, entitlement } = this.#deps;
    const present = nodes.filter((node) => node.isInGarden);
    if (present.length === 0) return;
    const samples = await garden.metrics(present.map((node) => node.container.guid));
    const nowMs = clock.steadyMs();
    for (const node of present) {
      const { guid } = node.container;
      const sample = samples.get(guid);
      if (sample === undefined) continue;
      const previous = this.#previous.get(guid) ?? null;
      const limiter = node.log?.limiter;
      const passedMs = previous === null ? Number(sample.ageNs / 1_000_000n) : nowMs - previous.atMs;
      const rate = passedMs > 0 ? ((limiter?.takePassed() ?? 0) * 1000) / passedMs : 0;
      const log = { rate, limit: limiter?.limit ?? -1 };
      for (const envelope of metricEnvelopes(node.container, sample, previous, log, entitlement, clock.nowNs())) {
        agent.emit(envelope);
      }
      this.#previous.set(guid, { usageNs: sample.cpuUsageNs, ageNs: sample.ageNs, atMs: nowMs });
    }
  }

  forget(guid: string): void {
    this.#previous.delete(guid);
  }
}
