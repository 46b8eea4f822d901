import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import { bodyText } from "../kit/http-client.ts";

/** What the main process does for the other commands of the same machine. */
export interface ControlHandlers {
  status(): Promise<unknown>;
  /** Begins to stop; returns at once. */
  stop(apps: "stop-apps" | "keep-apps"): void;
  /** An operator's order; what it gives becomes JSON. Throws `RefusedError` for what cannot be done. */
  admin(name: string, body: unknown): Promise<unknown>;
  /** The page for Prometheus. */
  metrics(): Promise<string>;
  /** What does not answer; empty when all is well. */
  health(): Promise<readonly string[]>;
}

/** An order that cannot be carried out; the text is for the operator. */
export class RefusedError extends Error {}

const BODY_BYTES_MAX = 262_144;

/**
 * Listens on a unix socket in the state folder (0700, so only its owner can ask): `GET /status`, `POST /stop?apps=…`,
 * `GET /healthz`, `GET /metrics`, `POST /admin/NAME`.
 */
export async function startControl(socketPath: string, handlers: ControlHandlers): Promise<AsyncDisposable> {
  rmSync(socketPath, { force: true }); // left by a killed process: the instance lock says that nobody uses it
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? "/", "http://control");
    const answer = (status: number, body: unknown): void => {
      outgoing.writeHead(status, { "content-type": "application/json" });
      outgoing.end(JSON.stringify(body));
    };
    if (incoming.method === "GET" && url.pathname === "/status") {
      handlers.status().then(
        (status) => answer(200, status),
        () => answer(500, { error: "status failed" }),
      );
    } else if (incoming.method === "POST" && url.pathname === "/stop") {
      answer(202, {});
      handlers.stop(url.searchParams.get("apps") === "keep" ? "keep-apps" : "stop-apps");
    } else if (incoming.method === "GET" && url.pathname === "/healthz") {
      handlers.health().then(
        (failing) => answer(failing.length === 0 ? 200 : 503, { healthy: failing.length === 0, failing }),
        () => answer(503, { healthy: false, failing: ["platform"] }),
      );
    } else if (incoming.method === "GET" && url.pathname === "/metrics") {
      handlers.metrics().then(
        (page) => outgoing.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(page),
        () => answer(500, { error: "metrics failed" }),
      );
    } else if (incoming.method === "POST" && url.pathname.startsWith("/admin/")) {
      jsonOf(incoming)
        .then((body) => handlers.admin(url.pathname.slice("/admin/".length), body))
        .then(
          (result) => answer(200, result ?? {}),
          (error: unknown) => {
            const refused = error instanceof RefusedError;
            answer(refused ? 422 : 500, { error: error instanceof Error ? error.message : String(error) });
          },
        );
    } else answer(404, {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function jsonOf(incoming: IncomingMessage): Promise<unknown> {
  const text = await bodyText(incoming, BODY_BYTES_MAX);
  try {
    return text === "" ? {} : (JSON.parse(text) as unknown);
  } catch {
    throw new RefusedError("the order is no JSON");
  }
}

/** Asks a running main process. Null when nobody answers within `timeoutMs`, or with a failure. */
export async function askControl(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  timeoutMs: number,
): Promise<unknown> {
  const answer = await callControl(socketPath, method, path, null, timeoutMs);
  return answer === null || answer.status >= 300 ? null : answer.body;
}

/** The same with a JSON body, and with failures as they are. Null when nobody answers. */
export function callControl(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  body: unknown,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly body: unknown } | null> {
  return new Promise((resolve) => {
    const outgoing = request({ socketPath, method, path, timeout: timeoutMs }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("end", () => {
        try {
          resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) as unknown });
        } catch {
          resolve(null);
        }
      });
      incoming.on("error", () => resolve(null));
    });
    outgoing.on("timeout", () => outgoing.destroy());
    outgoing.on("error", () => resolve(null));
    outgoing.end(body === null ? undefined : JSON.stringify(body));
  });
}
