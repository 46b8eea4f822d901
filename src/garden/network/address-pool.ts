import { GardenError } from "../errors.ts";
import { numberToAddress, type Subnet } from "./subnet.ts";

/** A container's address rests this long: a router that has not heard of its end must not reach its successor. */
export const ADDRESS_REST_MS = 120_000;

/**
 * Picks the address after the last one, round and round, that is neither used nor resting. Pure: takes what is so and
 * answers. Throws kind `exhausted`.
 * @param freedAtMs when an address was given back (wall clock); absent means never used
 */
export function pickAddress(
  subnet: Subnet,
  last: string | null,
  used: ReadonlySet<string>,
  freedAtMs: ReadonlyMap<string, number>,
  nowMs: number,
): string {
  const lastIndex = last === null ? -1 : indexOf(subnet, last);
  for (let step = 1; step <= subnet.size; step++) {
    const address = numberToAddress(subnet.network + 2 + ((lastIndex + step) % subnet.size));
    const freed = freedAtMs.get(address);
    // A clock that was set back must not lock addresses away for ever.
    const rests = freed !== undefined && nowMs >= freed && nowMs - freed < ADDRESS_REST_MS;
    if (!used.has(address) && !rests) return address;
  }
  throw new GardenError("exhausted", `all ${subnet.size} addresses of ${subnet.cidr} are used or rest`);
}

/**
 * The host port after the last one, round and round, that no container has: a port is long out of every route table
 * before it comes again. Throws kind `exhausted`.
 */
export function pickHostPort(
  pool: { readonly first: number; readonly count: number },
  last: number | null,
  used: ReadonlySet<number>,
): number {
  const lastIndex = last === null ? -1 : last - pool.first;
  for (let step = 1; step <= pool.count; step++) {
    const port = pool.first + ((((lastIndex + step) % pool.count) + pool.count) % pool.count);
    if (!used.has(port)) return port;
  }
  throw new GardenError("exhausted", `all ${pool.count} host ports from ${pool.first} are used`);
}

/**
 * Gives each wanted port of a container a port of the machine; a container port of 0 becomes the machine's. Throws kind
 * `exists` for a host port that was asked for and is used.
 * @param used is added to
 */
export function mapPorts(
  wanted: readonly { readonly containerPort: number; readonly hostPort?: number }[],
  pool: { readonly first: number; readonly count: number },
  last: number,
  used: Set<number>,
): { readonly ports: readonly { readonly hostPort: number; readonly containerPort: number }[]; readonly last: number } {
  let lastPicked = last;
  const ports = wanted.map(({ containerPort, hostPort: asked = 0 }) => {
    if (asked > 0 && used.has(asked)) throw new GardenError("exists", `host port ${asked} is in use`);
    const hostPort = asked > 0 ? asked : pickHostPort(pool, lastPicked, used);
    if (asked === 0) lastPicked = hostPort;
    used.add(hostPort);
    return { hostPort, containerPort: containerPort === 0 ? hostPort : containerPort };
  });
  return { ports, last: lastPicked };
}

function indexOf(subnet: Subnet, address: string): number {
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const index = value - subnet.network - 2;
  return index >= 0 && index < subnet.size ? index : -1;
}
