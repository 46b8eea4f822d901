import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { WorkerConfig } from "../config.ts";
import type { RouteTable } from "../route-table.ts";
import { ListenError } from "./listeners.ts";

/**
 * Health and the routing table on a loopback port, for load balancers and operators. Null when no port is configured.
 * Throws `ListenError`. Gorouter: router/health_listener.go, routes_listener.go
 */
export async function startStatusServer(
  config: WorkerConfig,
  table: RouteTable,
  isHealthy: () => boolean,
): Promise<Server | null> {
  if (config.statusPort === null) return null;
  const { createServer } = await import("node:http"); // only who asks for it pays for it
  const server = createServer((request, response) => answer(request, response, config, table, isHealthy));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const port = config.statusPort;
  server.once("error", (error: NodeJS.ErrnoException) =>
    reject(new ListenError({ host: "127.0.0.1", port, code: error.code ?? "", message: error.message })),
  );
  // Shared like the other ports: while one worker takes over from another, both are there.
  server.listen({ host: "127.0.0.1", port, reusePort: true }, resolve);
  await promise;
  return server;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  config: WorkerConfig,
  table: RouteTable,
  isHealthy: () => boolean,
): void {
  const headers = { "cache-control": "private, max-age=0", expires: "0" };
  switch (request.url) {
    case "/health":
      if (isHealthy()) response.writeHead(200, headers).end("ok\n");
      else response.writeHead(503, headers).end();
      break;
    case "/is-process-alive-do-not-use-for-loadbalancing":
      response.writeHead(200, headers).end("ok\n");
      break;
    case "/routes":
      if (isAllowed(request.headers.authorization, config.statusCredentials)) {
        response.writeHead(200, { "content-type": "application/json" }).end(`${JSON.stringify(routesJson(table))}\n`);
      } else response.writeHead(401, { "www-authenticate": 'Basic realm="Restricted"' }).end();
      break;
    default:
      response.writeHead(404).end();
  }
}

/** Without credentials in the configuration nobody is let in. */
function isAllowed(header: string | undefined, credentials: WorkerConfig["statusCredentials"]): boolean {
  if (credentials === null || header === undefined) return false;
  const wanted = Buffer.from(`${credentials.user}:${credentials.password}`).toString("base64");
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(`Basic ${wanted}`), digest(header));
}

function routesJson(table: RouteTable): Record<string, object[]> {
  const routes: Record<string, object[]> = {};
  for (const { endpoint, uris } of table.groups()) {
    const told = {
      address: endpoint.address,
      availability_zone: endpoint.availabilityZone,
      protocol: "http1",
      tls: endpoint.tls,
      ttl: endpoint.staleAfterMs / 1000,
      ...(endpoint.routeServiceUrl === "" ? {} : { route_service_url: endpoint.routeServiceUrl }),
      tags: endpoint.tags,
      ...(endpoint.isolationSegment === "" ? {} : { isolation_segment: endpoint.isolationSegment }),
      ...(endpoint.instanceId === "" ? {} : { private_instance_id: endpoint.instanceId }),
      ...(endpoint.serverCertDomainSan === "" ? {} : { server_cert_domain_san: endpoint.serverCertDomainSan }),
      ...(endpoint.loadBalancing === "" ? {} : { load_balancing_algorithm: endpoint.loadBalancing }),
    };
    for (const uri of uris) {
      routes[uri] ??= [];
      routes[uri].push(told);
    }
  }
  return routes;
}
