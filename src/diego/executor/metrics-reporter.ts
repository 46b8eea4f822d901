import type { ContainerMetrics, GardenClient } from "../../garden/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import { type CpuEntitlement, type CpuSample, cpuPercent, metricEnvelopes } from "./container-metrics.ts";
import type { ContainerNode } from "./container-node.ts";

export interface MetricsReporterDeps {
  readonly garden: GardenClient;
  readonly agent: AgentClient;
  readonly clock: Clock;
  readonly entitlement: CpuEntitlement;
}

/** The last sample at an interval, and what came of it. */
interface Measured extends CpuSample {
  readonly atMs: number;
  readonly cpu: number;
  readonly logRate: number;
}

/** Samples containers and hands the gauges to the agent. Diego: containermetrics/reporters_runner.go */
export class MetricsReporter {
  readonly #deps: MetricsReporterDeps;
  readonly #previous = new Map<string, Measured>();

  constructor(deps: MetricsReporterDeps) {
    this.#deps = deps;
  }

  /** One sample of each of these that is in Garden; rates are those since the last call. */
  async report(nodes: readonly ContainerNode[]): Promise<void> {
    await this.#sample(nodes, (node, sample) => {
      const { guid } = node.container;
      const atMs = this.#deps.clock.steadyMs();
      const now = { usageNs: sample.cpuUsageNs, ageNs: sample.ageNs };
      const previous = this.#previous.get(guid) ?? null;
      const passedMs = previous === null ? Number(sample.ageNs / 1_000_000n) : atMs - previous.atMs;
      const passed = node.log?.limiter.takePassed() ?? 0;
      const logRate = passedMs > 0 ? (passed * 1000) / passedMs : 0;
      const measured = { ...now, atMs, cpu: cpuPercent(previous, now), logRate };
      this.#previous.set(guid, measured);
      return measured;
    });
  }

  /**
   * One sample between two reports. Rates are the last ones (0 before the second report): over the few milliseconds in which
   * an instance starts they would say thousands of percent.
   */
  async preview(node: ContainerNode): Promise<void> {
    await this.#sample([node], () => this.#previous.get(node.container.guid) ?? { cpu: 0, logRate: 0 });
  }

  async #sample(
    nodes: readonly ContainerNode[],
    ratesOf: (node: ContainerNode, sample: ContainerMetrics) => Pick<Measured, "cpu" | "logRate">,
  ): Promise<void> {
    const { garden, agent, clock, entitlement } = this.#deps;
    const present = nodes.filter((node) => node.isInGarden);
    if (present.length === 0) return;
    const samples = await garden.metrics(present.map((node) => node.container.guid));
    for (const node of present) {
      const sample = samples.get(node.container.guid);
      if (sample === undefined) continue;
      const { cpu, logRate } = ratesOf(node, sample);
      const log = { rate: logRate, limit: node.log?.limiter.limit ?? -1 };
      for (const envelope of metricEnvelopes(node.container, sample, cpu, log, entitlement, clock.nowNs())) {
        agent.emit(envelope);
      }
    }
  }

  forget(guid: string): void {
    this.#previous.delete(guid);
  }
}
