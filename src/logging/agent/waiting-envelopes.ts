import type { Envelope } from "../../protocol/envelope.ts";

/** First in, first out, bounded by count and bytes; what does not fit pushes the oldest out, counted per source. */
export class WaitingEnvelopes {
  readonly #countMax: number;
  readonly #bytesMax: number;
  #items: Envelope[] = [];
  #head = 0;
  #bytes = 0;
  #dropped = new Map<string, { count: number; last: Envelope }>();
  droppedTotal = 0;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  add(envelope: Envelope): void {
    this.#items.push(envelope);
    this.#bytes += sizeOf(envelope);
    while (this.length > this.#countMax || (this.#bytes > this.#bytesMax && this.length > 1)) this.#dropOldest();
  }

  /** The oldest ones, at most `max`. */
  take(max: number): Envelope[] {
    const end = Math.min(this.#items.length, this.#head + max);
    const batch = this.#items.slice(this.#head, end);
    for (const envelope of batch) this.#bytes -= sizeOf(envelope);
    this.#head = end;
    this.#compact();
    return batch;
  }

  /** Per source: how many were dropped since the last call, and the last of them. */
  takeDropped(): ReadonlyMap<string, { readonly count: number; readonly last: Envelope }> {
    const dropped = this.#dropped;
    if (dropped.size > 0) this.#dropped = new Map();
    return dropped;
  }

  #dropOldest(): void {
    const envelope = this.#items[this.#head++]!;
    this.#bytes -= sizeOf(envelope);
    this.droppedTotal++;
    const known = this.#dropped.get(envelope.sourceId);
    if (known === undefined) this.#dropped.set(envelope.sourceId, { count: 1, last: envelope });
    else {
      known.count++;
      known.last = envelope;
    }
    this.#compact();
  }

  /** Memory follows the length, not the traffic. */
  #compact(): void {
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 4096 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}

function sizeOf(envelope: Envelope): number {
  return envelope.kind === "log" ? envelope.payload.length : 64;
}
