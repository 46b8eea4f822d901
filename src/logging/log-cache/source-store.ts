import type { Envelope } from "../../protocol/envelope.ts";
import { SourceLog } from "./source-log.ts";

/** So many of the newest of each kind stay whatever the other kind does: `cf app` reads metrics, `cf logs --recent` lines. */
const KEPT_OF_EACH = 100;

/**
 * What is held of one source: log lines and metrics apart, so that a flood of lines cannot push out the metrics nor the
 * other way round, read as one sequence.
 */
export class SourceStore {
  readonly #lines: SourceLog;
  readonly #metrics: SourceLog;

  constructor(sourceId: string) {
    this.#lines = new SourceLog(sourceId);
    this.#metrics = new SourceLog(sourceId);
  }

  get count(): number {
    return this.#lines.count + this.#metrics.count;
  }

  get bytes(): number {
    return this.#lines.bytes + this.#metrics.bytes;
  }

  get expired(): number {
    return this.#lines.expired + this.#metrics.expired;
  }

  get oldestNs(): bigint {
    return minimum(this.#held().map(({ oldestNs }) => oldestNs));
  }

  get newestNs(): bigint {
    return this.#held().reduce((newest, part) => (part.newestNs > newest ? part.newestNs : newest), 0n);
  }

  /** Time of what `dropOldest` would drop; call only while something is held. */
  get nextToGoNs(): bigint {
    return this.#nextToGo().oldestNs;
  }

  /** Gives the bytes that it takes. */
  put(envelope: Envelope): number {
    return (envelope.kind === "log" ? this.#lines : this.#metrics).put(envelope);
  }

  /** Gives the bytes that became free. */
  dropOldest(): number {
    return this.#nextToGo().dropOldest();
  }

  /** As `SourceLog.read`, over both kinds. */
  read(
    startNs: bigint,
    endNs: bigint,
    limit: number,
    descending: boolean,
    keep: (envelope: Envelope) => Envelope | null,
  ): Envelope[] {
    const lines = this.#lines.read(startNs, endNs, limit, descending, keep);
    const metrics = this.#metrics.read(startNs, endNs, limit, descending, keep);
    if (metrics.length === 0) return lines;
    if (lines.length === 0) return metrics;
    const sign = descending ? -1 : 1;
    const all = [...lines, ...metrics].sort((a, b) => sign * compare(a.timestampNs, b.timestampNs));
    // Never between two of the same nanosecond: the reader goes on at the last one's time plus one.
    let end = Math.min(limit, all.length);
    while (end > 0 && end < all.length && all[end]!.timestampNs === all[end - 1]!.timestampNs) end++;
    return all.slice(0, end);
  }

  #held(): SourceLog[] {
    return [this.#lines, this.#metrics].filter(({ count }) => count > 0);
  }

  #nextToGo(): SourceLog {
    const [first, second] = this.#held();
    if (second === undefined) return first!;
    if (first!.count <= KEPT_OF_EACH && second.count > KEPT_OF_EACH) return second;
    if (second.count <= KEPT_OF_EACH && first!.count > KEPT_OF_EACH) return first!;
    return first!.oldestNs <= second.oldestNs ? first! : second;
  }
}

function minimum(times: readonly bigint[]): bigint {
  return times.reduce((least, time) => (time < least ? time : least));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
