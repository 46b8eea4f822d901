import type { Envelope } from "../../protocol/envelope.ts";

export type EnvelopeType = "LOG" | "COUNTER" | "GAUGE" | "TIMER" | "EVENT";

export interface LogCacheReadOptions {
  /** Inclusive; default: all. */
  readonly startTimeNs?: bigint;
  /** Exclusive; default: now. */
  readonly endTimeNs?: bigint;
  /** Default 100, at most 1,000. */
  readonly limit?: number;
  /** Newest first; the walk of `cf logs` reads ascending, `--recent` descending. */
  readonly descending?: boolean;
  readonly envelopeTypes?: readonly EnvelopeType[];
  readonly nameFilter?: string;
}

export interface LogCacheClient {
  put(envelopes: readonly Envelope[]): void;
  read(sourceId: string, options: LogCacheReadOptions): readonly Envelope[];
  /** Source id → what is held. Times in nanoseconds. */
  meta(): ReadonlyMap<
    string,
    { readonly count: number; readonly expired: number; readonly oldestNs: bigint; readonly newestNs: bigint }
  >;
}
