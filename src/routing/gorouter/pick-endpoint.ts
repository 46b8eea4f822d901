import type { Endpoint } from "./endpoint.ts";
import type { RouteEndpoint } from "./model.ts";

/** The endpoints of one route. */
export class EndpointPool {
  /** The route's path, `/` when it has none: where a sticky cookie is valid. */
  readonly contextPath: string;
  readonly endpoints: Endpoint[] = [];
  /** What was registered with the route; all its endpoints come with the same. */
  loadBalancing: RouteEndpoint["loadBalancing"] = "";
  routeServiceUrl = "";
  /** Index of the endpoint that is next in turn; negative: not begun. */
  next = -1;

  constructor(contextPath: string) {
    this.contextPath = contextPath;
  }
}

/** True when every endpoint has all the requests that it may have. */
export function isOverloaded(pool: EndpointPool, inFlightMax: number): boolean {
  if (inFlightMax === 0) return false;
  for (const endpoint of pool.endpoints) if (endpoint.inFlight < inFlightMax) return false;
  return pool.endpoints.length > 0;
}

/**
 * Whose turn it is; null when all are overloaded. Failed endpoints are passed over until their time is up, unless all
 * have failed: then all get another chance. Gorouter: route/roundrobin.go, route/leastconnection.go.
 * @param startAt where a pool that was never used begins.
 */
export function pickEndpoint(pool: EndpointPool, inFlightMax: number, nowMs: number, startAt: number): Endpoint | null {
  const { endpoints } = pool;
  const count = endpoints.length;
  if (count === 0) return null;
  if (pool.next < 0) pool.next = startAt % count;
  else if (pool.next >= count) pool.next = 0;
  const pick = pool.loadBalancing === "least-connection" ? leastLoaded : firstInTurn;
  const picked = pick(pool, inFlightMax, nowMs);
  if (picked !== null) return picked;
  if (isOverloaded(pool, inFlightMax)) return null;
  for (const endpoint of endpoints) endpoint.failedUntilMs = 0;
  return pick(pool, inFlightMax, nowMs);
}

function isEligible(endpoint: Endpoint, inFlightMax: number, nowMs: number): boolean {
  return endpoint.failedUntilMs <= nowMs && (inFlightMax === 0 || endpoint.inFlight < inFlightMax);
}

function firstInTurn(pool: EndpointPool, inFlightMax: number, nowMs: number): Endpoint | null {
  const { endpoints } = pool;
  for (let tried = 0; tried < endpoints.length; tried++) {
    const endpoint = endpoints[pool.next]!;
    pool.next = pool.next + 1 < endpoints.length ? pool.next + 1 : 0;
    if (isEligible(endpoint, inFlightMax, nowMs)) return endpoint;
  }
  return null;
}

/** Ties go round in turn, so that idle endpoints share alike. */
function leastLoaded(pool: EndpointPool, inFlightMax: number, nowMs: number): Endpoint | null {
  const { endpoints } = pool;
  let best: Endpoint | null = null;
  let bestAt = 0;
  for (let step = 0; step < endpoints.length; step++) {
    const at = (pool.next + step) % endpoints.length;
    const endpoint = endpoints[at]!;
    if (!isEligible(endpoint, inFlightMax, nowMs)) continue;
    if (best === null || endpoint.inFlight < best.inFlight) {
      best = endpoint;
      bestAt = at;
    }
  }
  pool.next = (bestAt + 1) % endpoints.length;
  return best;
}
