import type { Envelope } from "../../protocol/envelope.ts";
import type { EnvelopeType, LogCacheClient, LogCacheReadOptions } from "./client.ts";
import { refused } from "./errors.ts";
import { filterByName, nameFilter } from "./name-filter.ts";
import { SourceStore } from "./source-store.ts";

/** Log-cache: local_store_reader.go */
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;
/** When the whole is over its bound, so much is freed at once that it is not over it again at the next envelope. */
const FREE_TO = 0.95;

export interface LogStoreBounds {
  readonly perSourceMax: number;
  readonly perSourceBytesMax: number;
  readonly bytesMax: number;
}

/** All envelopes in memory, bounded per source and altogether; the oldest go first. Log-cache: store/store.go */
export class LogStore implements LogCacheClient {
  readonly #bounds: LogStoreBounds;
  readonly #nowNs: () => bigint;
  readonly #sources = new Map<string, SourceStore>();
  #bytes = 0;

  constructor(bounds: LogStoreBounds, nowNs: () => bigint) {
    this.#bounds = bounds;
    this.#nowNs = nowNs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  put(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      if (envelope.sourceId === "") continue;
      let source = this.#sources.get(envelope.sourceId);
      if (source === undefined) {
        source = new SourceStore(envelope.sourceId);
        this.#sources.set(envelope.sourceId, source);
      }
      this.#bytes += source.put(envelope);
      const { perSourceMax, perSourceBytesMax } = this.#bounds;
      while (source.count > perSourceMax || (source.bytes > perSourceBytesMax && source.count > 1)) {
        this.#bytes -= source.dropOldest();
      }
    }
    if (this.#bytes > this.#bounds.bytesMax) this.#free();
  }

  /** Throws `LogCacheError` for a range, limit or filter that the real one refuses. */
  read(sourceId: string, options: LogCacheReadOptions): readonly Envelope[] {
    const { startTimeNs = 0n, limit = 0, descending = false } = options;
    const endTimeNs = options.endTimeNs ?? 0n;
    if (endTimeNs !== 0n && startTimeNs > endTimeNs) {
      throw refused(`StartTime (${startTimeNs}) must be before EndTime (${endTimeNs})`);
    }
    if (limit > LIMIT_MAX) throw refused(`limit (${limit}) must be ${LIMIT_MAX} or less`);
    if (limit < 0) throw refused(`limit (${limit}) must be greater than zero`);
    const filter = options.nameFilter ? nameFilter(options.nameFilter) : null;
    const types = options.envelopeTypes ?? [];
    const source = this.#sources.get(sourceId);
    if (source === undefined) return [];
    const keep = (envelope: Envelope): Envelope | null => {
      if (types.length > 0 && !types.includes(envelope.kind.toUpperCase() as EnvelopeType)) return null;
      return filter === null ? envelope : filterByName(envelope, filter);
    };
    // Up to now and including this very moment: what was just put must be readable.
    const untilNs = endTimeNs === 0n ? this.#nowNs() + 1n : endTimeNs;
    return source.read(startTimeNs, untilNs, limit === 0 ? LIMIT_DEFAULT : limit, descending, keep);
  }

  meta(): ReadonlyMap<string, { count: number; expired: number; oldestNs: bigint; newestNs: bigint }> {
    const all = new Map<string, { count: number; expired: number; oldestNs: bigint; newestNs: bigint }>();
    for (const [sourceId, { count, expired, oldestNs, newestNs }] of this.#sources) {
      all.set(sourceId, { count, expired, oldestNs, newestNs });
    }
    return all;
  }

  /** Drops the oldest of all sources, wherever they are. */
  #free(): void {
    const bound = this.#bounds.bytesMax * FREE_TO;
    const sources = [...this.#sources.entries()];
    const byAge = (a: [string, SourceStore], b: [string, SourceStore]): number =>
      a[1].nextToGoNs < b[1].nextToGoNs ? -1 : 1;
    sources.sort(byAge);
    while (this.#bytes > bound && sources.length > 0) {
      const [sourceId, source] = sources[0]!;
      const untilNs = sources[1]?.[1].nextToGoNs;
      while (this.#bytes > bound && source.count > 0 && (untilNs === undefined || source.nextToGoNs <= untilNs)) {
        this.#bytes -= source.dropOldest();
      }
      sources.shift();
      if (source.count === 0) {
        this.#sources.delete(sourceId);
        continue;
      }
      let at = 0;
      while (at < sources.length && sources[at]![1].nextToGoNs < source.nextToGoNs) at++;
      sources.splice(at, 0, [sourceId, source]);
    }
  }
}
