/** Chance. A seeded one drives the simulator; it never makes a key (see `Secrets`). */
export interface Random {
  /** A whole number from 0 to `n - 1`. */
  below(n: number): number;
  /** A version 4 UUID in lower case. */
  guid(): string;
}

/** Unpredictable bytes for keys, tokens and passwords. Never seeded. */
export interface Secrets {
  bytes(count: number): Uint8Array;
  /** URL-safe text with `byteCount` bytes of entropy. */
  token(byteCount: number): string;
}
