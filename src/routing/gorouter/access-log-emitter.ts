import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import type { LogBatch } from "./control-protocol.ts";
import { readLogRecords } from "./log-records.ts";

/** An access log line older than this has waited for main to come back. */
const LATE_LINE_MS = 1_000;

export interface AccessLogEmitterDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly agent: AgentClient;
}

/**
 * Hands the workers' access log to the agent, as RTR lines of the apps. Gorouter: accesslog/dropsonde_logsender.go
 *
 * A reader that follows a log goes on behind the last time it has seen: a line that arrives with an earlier one would be
 * lost to it. So lines carry the time of their arrival, unless they had to wait for us; and no two share a nanosecond.
 */
export function accessLogEmitter(deps: AccessLogEmitterDeps): (batch: LogBatch, records: Buffer) => void {
  const { agent, clock, log } = deps;
  let lastNs = 0n;
  const lineTimeNs = (writtenMs: number): bigint => {
    if (clock.nowMs() - writtenMs > LATE_LINE_MS) return BigInt(Math.round(writtenMs * 1000)) * 1000n;
    const nowNs = clock.nowNs();
    lastNs = nowNs > lastNs ? nowNs : lastNs + 1n;
    return lastNs;
  };
  return (batch, records) => {
    if (batch.dropped > 0) log.warn("access log lines dropped", { count: batch.dropped });
    // One tags object for all lines of an endpoint: who keeps them keeps it once.
    const sources = batch.endpoints.map(({ appId, tags }) => ({ appId, tags: { ...tags, source_type: "RTR" } }));
    for (const { endpoint, wallMs, line } of readLogRecords(records)) {
      const source = sources[endpoint];
      if (source === undefined) continue;
      agent.emit({
        kind: "log",
        timestampNs: lineTimeNs(wallMs),
        sourceId: source.appId,
        instanceId: "0",
        tags: source.tags,
        payload: line,
        type: "OUT",
      });
    }
  };
}
