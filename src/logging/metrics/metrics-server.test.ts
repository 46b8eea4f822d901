import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { silentLog } from "../../kit/log.ts";
import { startMetricsServer } from "./metrics-server.ts";

function ask(
  port: number,
  path: string,
  options: { method?: string; host?: string } = {},
): Promise<[number, string, string]> {
  return new Promise((resolve, reject) => {
    const { method = "GET", host = `127.0.0.1:${port}` } = options;
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers: { host } }, (incoming) => {
      let body = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      incoming.on("end", () => resolve([incoming.statusCode!, String(incoming.headers["content-type"]), body]));
    });
    outgoing.on("error", reject).end();
  });
}

test("metrics and health are there for this machine alone", async () => {
  let failing: string[] = [];
  let page = async (): Promise<string> => "up 1\n";
  await using server = await startMetricsServer(0, {
    log: silentLog(),
    page: () => page(),
    failing: async () => failing,
  });
  const { port } = server;
  assert.deepEqual(await ask(port, "/metrics"), [200, "text/plain; version=0.0.4; charset=utf-8", "up 1\n"]);
  assert.deepEqual(await ask(port, "/healthz", { host: "localhost" }), [200, "text/plain", "ok\n"]);
  failing = ["uaa", "cell"];
  assert.deepEqual(await ask(port, "/healthz"), [503, "text/plain", "failing: uaa, cell\n"]);
  assert.equal((await ask(port, "/metrics", { host: "evil.example" }))[0], 403);
  assert.equal((await ask(port, "/metrics", { method: "POST" }))[0], 405);
  assert.equal((await ask(port, "/other"))[0], 404);
  page = async () => {
    throw new Error("secret");
  };
  assert.deepEqual(await ask(port, "/metrics"), [500, "text/plain", "failed\n"]);
  await assert.rejects(startMetricsServer(port, { log: silentLog(), page, failing: async () => [] }), {
    code: "EADDRINUSE",
  });
});
