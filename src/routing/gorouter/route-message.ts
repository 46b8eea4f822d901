import type { RouteMessage } from "../../protocol/route-message.ts";
import type { RouteEndpoint } from "./model.ts";
import { routeUri } from "./route-uri.ts";

/** The message cannot become a route; the text says why. */
export class InvalidRouteError extends Error {}

/** As many as one message may name; route-emitter sends far fewer. */
const URIS_MAX = 10_000;

/**
 * Reads one `router.register` or `router.unregister` payload. Throws `InvalidRouteError`.
 * Gorouter: mbus/subscriber.go (tls_port goes before port; route service URLs must be https).
 */
export function readRouteMessage(
  data: Uint8Array,
  staleAfterMaxMs: number,
): { readonly endpoint: RouteEndpoint; readonly uris: readonly string[] } {
  const message = parse(data);
  const unixSocket = message.host.startsWith("/");
  const tls = (message.tls_port ?? 0) !== 0;
  const port = tls ? message.tls_port! : message.port;
  if (!unixSocket && (!Number.isInteger(port) || port < 1 || port > 65_535)) throw new InvalidRouteError("bad port");
  const serviceUrl = text(message.route_service_url);
  if (serviceUrl !== "" && !serviceUrl.startsWith("https")) {
    throw new InvalidRouteError("route_service_url must be https");
  }
  const uris = new Set<string>();
  for (const uri of message.uris.slice(0, URIS_MAX)) {
    const known = typeof uri === "string" ? routeUri(uri) : null;
    if (known !== null) uris.add(known);
  }
  if (uris.size === 0) throw new InvalidRouteError("no uri with a host");
  const wantedStaleMs = (message.stale_threshold_in_seconds ?? 0) * 1000;
  const balancing = message.options?.loadbalancing;
  return {
    uris: [...uris],
    endpoint: {
      address: unixSocket ? message.host : `${message.host}:${port}`,
      host: message.host,
      port: unixSocket ? 0 : port,
      tls,
      serverCertDomainSan: text(message.server_cert_domain_san),
      appId: text(message.app),
      instanceId: text(message.private_instance_id),
      instanceIndex: text(message.private_instance_index),
      tags: tags(message.tags),
      routeServiceUrl: serviceUrl,
      isolationSegment: text(message.isolation_segment),
      availabilityZone: text(message.availability_zone),
      loadBalancing: balancing === "round-robin" || balancing === "least-connection" ? balancing : "",
      staleAfterMs: wantedStaleMs > 0 && wantedStaleMs < staleAfterMaxMs ? wantedStaleMs : staleAfterMaxMs,
      updatedAtNs: message.endpoint_updated_at_ns ?? 0,
    },
  };
}

function parse(data: Uint8Array): RouteMessage {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data).toString());
  } catch {
    throw new InvalidRouteError("not JSON");
  }
  if (typeof value !== "object" || value === null) throw new InvalidRouteError("not an object");
  const message = value as RouteMessage;
  if (typeof message.host !== "string" || message.host === "") throw new InvalidRouteError("no host");
  if (!Array.isArray(message.uris)) throw new InvalidRouteError("no uris");
  if (/[\s\0]/.test(message.host)) throw new InvalidRouteError("bad host");
  return message;
}

/** What becomes a header value: anything that could end the header line is no value at all. */
function text(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string" || /[^\x20-\x7e]/.test(value)) throw new InvalidRouteError("bad text");
  return value;
}

function tags(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return {};
  const kept = Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string");
  return Object.fromEntries(kept);
}
