import type { Random } from "../src/kit/random.ts";

export interface SeededRandom extends Random {
  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
}

/** The same numbers for the same seed, for ever (sfc32, a generator of 128 bits of state). Never for keys. */
export function seededRandom(seed: number): SeededRandom {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next(); // mixes the seed in
  const below = (n: number): number => (n <= 1 ? 0 : Math.floor((next() / 2 ** 32) * n));
  const hex = (digits: number): string => next().toString(16).padStart(8, "0").slice(0, digits);
  return {
    below,
    guid: () => {
      const tail = hex(8) + hex(4);
      return `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[below(4)]}${hex(3)}-${tail}`;
    },
    chance: (percent) => below(10_000) < percent * 100,
    between: (low, high) => low + below(high - low + 1),
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("nothing to pick from");
      return item;
    },
  };
}
