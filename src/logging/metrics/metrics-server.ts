import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log } from "../../kit/log.ts";

export interface MetricsServerDeps {
  readonly log: Log;
  readonly page: () => Promise<string>;
  /** Names of what does not answer; empty when all is well. */
  readonly failing: () => Promise<readonly string[]>;
}

export interface MetricsServer extends AsyncDisposable {
  readonly port: number;
}

/** Prometheus: exposition formats, text format 0.0.4 */
const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const LOOPBACK = "127.0.0.1";
const HERE = new Set([LOOPBACK, "localhost", "[::1]"]);
const REQUEST_MS = 15_000;
const CONNECTIONS_MAX = 20;

/**
 * `GET /metrics` for Prometheus and `GET /healthz` (200 or 503 with what fails) on loopback. They hold no names of tenants and no secrets, but
 * are not for the world: an operator's proxy adds what protection he wants. Rejects when the port is taken.
 */
export async function startMetricsServer(port: number, deps: MetricsServerDeps): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    const failed = (error: unknown): void => {
      deps.log.error("metrics failed", { error });
      answer(500, "text/plain", "failed\n");
    };
    // A page in a browser on this machine may make any name lead here.
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    if (!HERE.has(host)) return answer(403, "text/plain", "only for this machine\n");
    if (request.method !== "GET" && request.method !== "HEAD") return answer(405, "text/plain", "GET only\n");
    if (request.url === "/metrics") deps.page().then((page) => answer(200, CONTENT_TYPE, page), failed);
    else if (request.url === "/healthz") {
      deps.failing().then((failing) => {
        if (failing.length === 0) answer(200, "text/plain", "ok\n");
        else answer(503, "text/plain", `failing: ${failing.join(", ")}\n`);
      }, failed);
    } else answer(404, "text/plain", "/metrics, /healthz\n");
  });
  server.maxConnections = CONNECTIONS_MAX;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, LOOPBACK, resolve);
  await promise;
  server.removeListener("error", reject);
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}
