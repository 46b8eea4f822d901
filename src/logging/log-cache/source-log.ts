import type { Envelope, LogEnvelope } from "../../protocol/envelope.ts";

/** What an envelope costs beside its text: object, time, references. Measured on V8. */
const ENVELOPE_BYTES = 200;
const METRIC_BYTES = 120;

/**
 * A log line as it is kept: the text as a string of one byte a character, which takes a third of what a Buffer of the same
 * length does and keeps no foreign chunk alive.
 */
interface StoredLog {
  readonly kind: "stored-log";
  readonly timestampNs: bigint;
  readonly instanceId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly text: string;
  readonly error: boolean;
}

type Stored = StoredLog | Exclude<Envelope, LogEnvelope>;

/** The envelopes of one source, by time and, within a nanosecond, by arrival. */
export class SourceLog {
  readonly #sourceId: string;
  #items: Stored[] = [];
  #head = 0;
  bytes = 0;
  expired = 0;
  #lastTags: Readonly<Record<string, string>> = {};

  constructor(sourceId: string) {
    this.#sourceId = sourceId;
  }

  get count(): number {
    return this.#items.length - this.#head;
  }

  get oldestNs(): bigint {
    return this.#items[this.#head]!.timestampNs;
  }

  get newestNs(): bigint {
    return this.#items.at(-1)!.timestampNs;
  }

  /** Gives the bytes that it takes. */
  put(envelope: Envelope): number {
    const stored = this.#stored(envelope);
    const items = this.#items;
    if (this.count === 0 || items.at(-1)!.timestampNs <= stored.timestampNs) items.push(stored);
    else items.splice(this.#after(stored.timestampNs), 0, stored);
    const bytes = sizeOf(stored);
    this.bytes += bytes;
    return bytes;
  }

  /** Gives the bytes that became free. */
  dropOldest(): number {
    const items = this.#items;
    const bytes = sizeOf(items[this.#head]!);
    this.#head++;
    this.bytes -= bytes;
    this.expired++;
    if (this.#head > 1024 && this.#head * 2 > items.length) {
      this.#items = items.slice(this.#head);
      this.#head = 0;
    }
    return bytes;
  }

  /**
   * Envelopes of [startNs, endNs) that `keep` gives back, oldest first or newest first. Ends after `limit`, but never
   * between two of the same nanosecond: a reader goes on at the last one's time plus one and would miss the rest.
   */
  read(
    startNs: bigint,
    endNs: bigint,
    limit: number,
    descending: boolean,
    keep: (envelope: Envelope) => Envelope | null,
  ): Envelope[] {
    const found: Envelope[] = [];
    const step = descending ? -1 : 1;
    const first = descending ? this.#from(endNs) - 1 : this.#from(startNs);
    let lastNs: bigint | null = null;
    for (let at = first; at >= this.#head && at < this.#items.length; at += step) {
      const stored = this.#items[at]!;
      if (descending ? stored.timestampNs < startNs : stored.timestampNs >= endNs) break;
      if (found.length >= limit && stored.timestampNs !== lastNs) break;
      const envelope = keep(this.#envelope(stored));
      if (envelope === null) continue;
      found.push(envelope);
      lastNs = stored.timestampNs;
    }
    return found;
  }

  /** Index of the first item at or after a time. */
  #from(timeNs: bigint): number {
    let low = this.#head;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#items[middle]!.timestampNs < timeNs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #after(timeNs: bigint): number {
    return this.#from(timeNs + 1n);
  }

  #stored(envelope: Envelope): Stored {
    if (envelope.kind !== "log") return envelope;
    const { buffer, byteOffset, byteLength } = envelope.payload;
    // Neighbours nearly always carry the same tags: keep one object for all of them.
    if (!isSameTags(this.#lastTags, envelope.tags)) this.#lastTags = envelope.tags;
    return {
      kind: "stored-log",
      timestampNs: envelope.timestampNs,
      instanceId: envelope.instanceId,
      tags: this.#lastTags,
      text: Buffer.from(buffer, byteOffset, byteLength).toString("latin1"),
      error: envelope.type === "ERR",
    };
  }

  #envelope(stored: Stored): Envelope {
    if (stored.kind !== "stored-log") return stored;
    return {
      kind: "log",
      timestampNs: stored.timestampNs,
      sourceId: this.#sourceId,
      instanceId: stored.instanceId,
      tags: stored.tags,
      payload: Buffer.from(stored.text, "latin1"),
      type: stored.error ? "ERR" : "OUT",
    };
  }
}

function sizeOf(stored: Stored): number {
  if (stored.kind === "stored-log") return ENVELOPE_BYTES + stored.text.length;
  return stored.kind === "gauge"
    ? ENVELOPE_BYTES + METRIC_BYTES * Object.keys(stored.metrics).length
    : 2 * ENVELOPE_BYTES;
}

function isSameTags(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true;
  let count = 0;
  for (const name in a) {
    if (a[name] !== b[name]) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}
