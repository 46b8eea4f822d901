import type { Clock } from "../../kit/clock.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import { LogLines } from "./log-lines.ts";
import { LogRateLimiter } from "./log-rate-limiter.ts";
import type { LogConfig } from "./model.ts";

export interface LogStreamerDeps {
  readonly agent: AgentClient;
  readonly clock: Clock;
}

/** Where a step writes what the user shall read. */
export interface LogSink {
  stdout(chunk: Uint8Array | string): void;
  stderr(chunk: Uint8Array | string): void;
  /** The same instance under another source type; empty keeps the present one. */
  withSource(sourceName: string): LogSink;
  readonly sourceName: string;
  /** Unfinished lines become messages. */
  flush(): void;
}

const UTF8 = new TextEncoder();

/** Source id, instance and tags as the envelopes carry them. Diego: executor.LogConfig, GetSourceNameAndTagsForLogging */
export function envelopeSource(config: Omit<LogConfig, "sourceName">): {
  readonly sourceId: string;
  readonly instanceId: string;
  readonly tags: Readonly<Record<string, string>>;
} {
  const sourceId = config.tags["source_id"] ?? config.guid;
  const instanceId = config.tags["instance_id"] ?? String(config.index);
  return {
    sourceId,
    instanceId,
    tags: { origin: "rep", ...config.tags, source_id: sourceId, instance_id: instanceId },
  };
}

/** What all sources of one instance share. */
class InstanceLog {
  readonly limiter: LogRateLimiter;
  readonly #deps: LogStreamerDeps;
  #source: ReturnType<typeof envelopeSource>;
  readonly #tagsBySource = new Map<string, Readonly<Record<string, string>>>();
  #lastNs = 0n;

  constructor(config: LogConfig, limiter: LogRateLimiter, deps: LogStreamerDeps) {
    this.#source = envelopeSource(config);
    this.limiter = limiter;
    this.#deps = deps;
  }

  updateTags(config: LogConfig): void {
    this.#source = envelopeSource(config);
    this.#tagsBySource.clear();
  }

  limited(sourceName: string, type: "OUT" | "ERR", payload: Uint8Array): void {
    const verdict = this.limiter.decide(payload.length, this.#deps.clock.steadyMs());
    if (verdict === "pass") this.emit(sourceName, type, payload);
    else if (verdict === "notice") this.emit(sourceName, "OUT", UTF8.encode(this.limiter.notice));
  }

  emit(sourceName: string, type: "OUT" | "ERR", payload: Uint8Array): void {
    if (this.#source.sourceId === "") return;
    // Readers order by time: lines of one instance must not share a timestamp.
    const now = this.#deps.clock.nowNs();
    this.#lastNs = now > this.#lastNs ? now : this.#lastNs + 1n;
    let tags = this.#tagsBySource.get(sourceName);
    if (tags === undefined) {
      tags = { ...this.#source.tags, source_type: sourceName };
      this.#tagsBySource.set(sourceName, tags);
    }
    const { sourceId, instanceId } = this.#source;
    this.#deps.agent.emit({ kind: "log", timestampNs: this.#lastNs, sourceId, instanceId, tags, payload, type });
  }
}

class SourceLog implements LogSink {
  readonly sourceName: string;
  readonly #instance: InstanceLog;
  readonly #out: LogLines;
  readonly #err: LogLines;

  constructor(instance: InstanceLog, sourceName: string) {
    this.#instance = instance;
    this.sourceName = sourceName;
    this.#out = new LogLines((line) => instance.limited(sourceName, "OUT", line));
    this.#err = new LogLines((line) => instance.limited(sourceName, "ERR", line));
  }

  stdout(chunk: Uint8Array | string): void {
    this.#out.write(typeof chunk === "string" ? UTF8.encode(chunk) : chunk);
  }

  stderr(chunk: Uint8Array | string): void {
    this.#err.write(typeof chunk === "string" ? UTF8.encode(chunk) : chunk);
  }

  withSource(sourceName: string): LogSink {
    return new SourceLog(this.#instance, sourceName || this.sourceName);
  }

  flush(): void {
    this.#out.flush();
    this.#err.flush();
  }
}

/** The log of one container: splits, limits, labels, hands to the agent. Diego: executor/depot/log_streamer */
export class LogStreamer {
  readonly sink: LogSink;
  readonly limiter: LogRateLimiter;
  readonly #instance: InstanceLog;

  constructor(config: LogConfig, limitBytesPerSecond: number, deps: LogStreamerDeps) {
    this.limiter = new LogRateLimiter(limitBytesPerSecond, deps.clock.steadyMs());
    this.#instance = new InstanceLog(config, this.limiter, deps);
    this.sink = new SourceLog(this.#instance, config.sourceName || "LOG");
  }

  /** A line of the cell itself, outside the app's limit. */
  cell(message: string, type: "OUT" | "ERR" = "OUT"): void {
    this.#instance.emit(this.sink.sourceName, type, UTF8.encode(message));
  }

  updateTags(config: LogConfig): void {
    this.#instance.updateTags(config);
  }
}

/** Collects what a check prints instead of logging it. */
export class CapturedOutput implements LogSink {
  readonly sourceName: string;
  #text = "";
  readonly #max: number;

  constructor(sourceName: string, max = 10_000) {
    this.sourceName = sourceName;
    this.#max = max;
  }

  get text(): string {
    return this.#text.trim();
  }

  stdout(chunk: Uint8Array | string): void {
    if (this.#text.length >= this.#max) return;
    this.#text = (this.#text + (typeof chunk === "string" ? chunk : Buffer.from(chunk).toString())).slice(0, this.#max);
  }

  stderr(chunk: Uint8Array | string): void {
    this.stdout(chunk);
  }

  withSource(): LogSink {
    return this;
  }

  flush(): void {}
}
