const MASK = (1n << 64n) - 1n;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const times = (a: bigint, b: bigint): bigint => (a * b) & MASK;
const rotate = (a: bigint, bits: bigint): bigint => ((a << bits) | (a >> (64n - bits))) & MASK;
const round = (acc: bigint, lane: bigint): bigint => times(rotate((acc + times(lane, P2)) & MASK, 31n), P1);
const merge = (acc: bigint, lane: bigint): bigint => (times(acc ^ round(0n, lane), P1) + P4) & MASK;

/**
 * XXH64 with seed 0 as 16 hex digits: the name of a buildpack's folder, made from its key. For short strings; big
 * integers are fast enough. Algorithm: xxHash specification 0.1.1; use: buildpackapplifecycle, builder_config.go.
 */
export function xxhash64(text: string): string {
  const bytes = Buffer.from(text);
  let at = 0;
  let hash: bigint;
  if (bytes.length >= 32) {
    let lanes: [bigint, bigint, bigint, bigint] = [(P1 + P2) & MASK, P2, 0n, (0n - P1) & MASK];
    for (; at + 32 <= bytes.length; at += 32) {
      lanes = lanes.map((acc, lane) => round(acc, bytes.readBigUInt64LE(at + lane * 8))) as typeof lanes;
    }
    hash = (rotate(lanes[0], 1n) + rotate(lanes[1], 7n) + rotate(lanes[2], 12n) + rotate(lanes[3], 18n)) & MASK;
    for (const lane of lanes) hash = merge(hash, lane);
  } else {
    hash = P5;
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (times(rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n), P1) + P4) & MASK;
  }
  if (at + 4 <= bytes.length) {
    hash = (times(rotate(hash ^ times(BigInt(bytes.readUInt32LE(at)), P1), 23n), P2) + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at++) hash = times(rotate(hash ^ times(BigInt(bytes[at]!), P5), 11n), P1);
  hash = times(hash ^ (hash >> 33n), P2);
  hash = times(hash ^ (hash >> 29n), P3);
  return (hash ^ (hash >> 32n)).toString(16).padStart(16, "0");
}
