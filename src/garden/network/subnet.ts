import { isIPv4 } from "node:net";
import { GardenError } from "../errors.ts";

/** A block of IPv4 addresses; the first usable one is the gateway. */
export interface Subnet {
  readonly cidr: string;
  readonly prefixLength: number;
  /** As an unsigned number. */
  readonly network: number;
  readonly gateway: string;
  /** Addresses that containers can have. */
  readonly size: number;
}

/** 10.254.0.0/16 in blocks of /22, each for 1,021 containers. Garden: --network-pool 10.254.0.0/22 */
const POOL_NETWORK = addressToNumber("10.254.0.0");
const BLOCK_PREFIX = 22;
const BLOCKS = 64;

/** Throws kind `invalid` unless it is an IPv4 block of /16 … /28. */
export function parseSubnet(cidr: string): Subnet {
  const [address, bits] = cidr.split("/");
  const prefixLength = Number(bits);
  if (!isIPv4(address ?? "") || !(prefixLength >= 16 && prefixLength <= 28)) {
    throw new GardenError("invalid", `subnet ${cidr}: an IPv4 block of /16 to /28 is wanted`);
  }
  const length = 2 ** (32 - prefixLength);
  const network = Math.floor(addressToNumber(address!) / length) * length;
  return {
    cidr: `${numberToAddress(network)}/${prefixLength}`,
    prefixLength,
    network,
    gateway: numberToAddress(network + 1),
    size: length - 3,
  };
}

/**
 * A block that overlaps with none of the machine's routes; the state folder's hash says where to begin, so that the
 * same folder tends to get the same block. Throws kind `exhausted` when all are taken.
 */
export function chooseSubnet(stateHash: string, takenCidrs: readonly string[]): Subnet {
  const taken = takenCidrs.flatMap((cidr) => {
    const range = rangeOf(cidr);
    return range === null ? [] : [range];
  });
  const first = Number.parseInt(stateHash.slice(0, 4), 16) % BLOCKS;
  const length = 2 ** (32 - BLOCK_PREFIX);
  for (let tried = 0; tried < BLOCKS; tried++) {
    const network = POOL_NETWORK + ((first + tried) % BLOCKS) * length;
    const overlaps = taken.some(([from, to]) => from < network + length && to >= network);
    if (!overlaps) return parseSubnet(`${numberToAddress(network)}/${BLOCK_PREFIX}`);
  }
  throw new GardenError("exhausted", "no free block in 10.254.0.0/16 for the containers' network");
}

/** First and last address; null for what is no IPv4 block, `default` among them. */
function rangeOf(cidr: string): readonly [number, number] | null {
  const [address, bits = "32"] = cidr.split("/");
  if (!isIPv4(address ?? "") || bits === "0") return null;
  const length = 2 ** (32 - Number(bits));
  const from = Math.floor(addressToNumber(address!) / length) * length;
  return [from, from + length - 1];
}

export function addressToNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function numberToAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
