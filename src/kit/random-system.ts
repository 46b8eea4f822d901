import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { Random, Secrets } from "./random.ts";

/** The operating system's randomness. */
export function systemRandom(): Random {
  return { below: (n) => (n <= 1 ? 0 : randomInt(n)), guid: () => randomUUID() };
}

/** Keys and tokens from the operating system. */
export function systemSecrets(): Secrets {
  return {
    bytes: (count) => new Uint8Array(randomBytes(count)),
    token: (byteCount) => randomBytes(byteCount).toString("base64url"),
  };
}
