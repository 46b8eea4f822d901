import { rmSync } from "node:fs";
import { createServer, request } from "node:http";

/** What the main process does for the other commands of the same machine. */
export interface ControlHandlers {
  status(): Promise<unknown>;
  /** Begins to stop; returns at once. */
  stop(apps: "stop-apps" | "keep-apps"): void;
}

/**
 * Listens on a unix socket in the state folder (0700, so only its owner can ask): `GET /status`, `POST /stop?apps=…`.
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

/** Asks a running main process. Null when nobody answers within `timeoutMs`. */
export function askControl(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  timeoutMs: number,
): Promise<unknown> {
  return new Promise((resolve) => {
    const outgoing = request({ socketPath, method, path, timeout: timeoutMs }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("end", () => {
        try {
          resolve(incoming.statusCode === undefined || incoming.statusCode >= 300 ? null : JSON.parse(text));
        } catch {
          resolve(null);
        }
      });
    });
    outgoing.on("timeout", () => outgoing.destroy());
    outgoing.on("error", () => resolve(null));
    outgoing.end();
  });
}
