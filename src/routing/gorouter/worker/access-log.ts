import type { Clock } from "../../../kit/clock.ts";
import type { LogBatch, LogEntry } from "../control-protocol.ts";
import { accessLogLine } from "./access-log-line.ts";
import type { Exchange } from "./exchange.ts";

/** Lines kept while nobody fetches them; what comes then is dropped and counted. */
const LINES_MAX = 20_000;
/** And characters, so that long lines cannot fill the process. */
const CHARACTERS_MAX = 8 * 1_048_576;
/** Lines in one message, so that main's event loop is not held for long. */
const BATCH_MAX = 1_000;

/** The access log of apps, in memory until main takes it. Platform components and unknown routes have none. */
export class AccessLog {
  readonly #clock: Clock;
  #entries: LogEntry[] = [];
  #endpoints: { readonly appId: string; readonly tags: Readonly<Record<string, string>> }[] = [];
  readonly #endpointIndex = new Map<object, number>();
  #characters = 0;
  #dropped = 0;
  droppedTotal = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#dropped === 0;
  }

  add(exchange: Exchange, endMs: number): void {
    const data = exchange.endpoint?.data;
    if (data === undefined || data.appId === "") return;
    if (this.#entries.length >= LINES_MAX || this.#characters >= CHARACTERS_MAX) {
      this.#dropped++;
      this.droppedTotal++;
      return;
    }
    let index = this.#endpointIndex.get(data);
    if (index === undefined) {
      index = this.#endpoints.length;
      this.#endpointIndex.set(data, index);
      this.#endpoints.push({ appId: data.appId, tags: data.tags });
    }
    const line = accessLogLine(exchange, endMs);
    this.#characters += line.length;
    this.#entries.push([String(this.#clock.nowNs()), index, line]);
  }

  /** Everything so far, in batches; nothing is left. */
  *take(): Generator<LogBatch> {
    const entries = this.#entries;
    const endpoints = this.#endpoints;
    let dropped = this.#dropped;
    this.#entries = [];
    this.#endpoints = [];
    this.#endpointIndex.clear();
    this.#characters = 0;
    this.#dropped = 0;
    for (let at = 0; at < entries.length || dropped > 0; at += BATCH_MAX) {
      yield { type: "logs", endpoints, entries: entries.slice(at, at + BATCH_MAX), dropped };
      dropped = 0;
    }
  }
}
