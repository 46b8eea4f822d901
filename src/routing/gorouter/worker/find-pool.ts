import { EndpointPool, isOverloaded } from "../pick-endpoint.ts";
import type { RouteTable } from "../route-table.ts";
import { Header } from "./http/header-names.ts";
import type { RequestHead } from "./http/request-head.ts";
import { wantedInstance } from "./instance-header.ts";
import {
  connectionLimitReached,
  EMPTY_HOST,
  INVALID_APP_INSTANCE,
  INVALID_PROCESS_INSTANCE,
  ROUTE_SERVICE_UNSUPPORTED,
  type RouterError,
  unknownInstance,
  unknownRoute,
} from "./router-error.ts";

/** Who may answer a request, or what the router answers itself. Gorouter: handlers/lookup.go */
export function findPool(
  request: RequestHead,
  remoteIp: string,
  table: RouteTable,
  inFlightMax: number,
): EndpointPool | RouterError {
  const colon = request.host.indexOf(":");
  const host = (colon < 0 ? request.host : request.host.slice(0, colon)).toLowerCase();
  // A load balancer that puts its own address there would learn about us.
  if (host === "" || host === remoteIp) return EMPTY_HOST;
  const { fields } = request;
  const wanted = wantedInstance(fields.find(Header.appInstance), fields.find(Header.processInstance));
  if (wanted === "invalid-app") return INVALID_APP_INSTANCE;
  if (wanted === "invalid-process") return INVALID_PROCESS_INSTANCE;
  let pool = table.lookup(host, request.path);
  const serviceUrl = pool?.routeServiceUrl ?? "";
  if (wanted !== null) {
    pool = pool === null ? null : narrowed(pool, wanted.kind, wanted.guid, wanted.index);
    if (pool === null) return unknownInstance(wanted.kind, wanted.guid, wanted.index, request.host);
  }
  if (pool === null) return unknownRoute(request.host);
  if (isOverloaded(pool, inFlightMax)) return connectionLimitReached(request.host);
  if (serviceUrl !== "") return ROUTE_SERVICE_UNSUPPORTED;
  return pool;
}

/** Only the instances that the header names; null: none. */
function narrowed(pool: EndpointPool, kind: "app" | "process", guid: string, index: string): EndpointPool | null {
  const fitting = pool.endpoints.filter(
    ({ data }) =>
      (kind === "app" ? data.appId : data.tags["process_id"]) === guid &&
      (index === "" || data.instanceIndex === index),
  );
  if (fitting.length === 0) return null;
  const narrow = new EndpointPool(pool.contextPath);
  narrow.endpoints.push(...fitting);
  return narrow;
}
