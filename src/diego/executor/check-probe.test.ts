import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { socketHttpClient } from "../../kit/http-client.ts";
import { probe } from "./check-probe.ts";
import { FakeGarden } from "./testing/fake-garden.ts";

const signal = new AbortController().signal;

test("an HTTP check takes status 200 alone, and says what it saw instead", async (t) => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers["user-agent"]);
    if (request.url === "/slow") return;
    response.statusCode = request.url === "/ok" ? 200 : 503;
    response.end("x");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const deps = {
    garden: new FakeGarden(),
    http: socketHttpClient(),
    clock: systemClock(),
    handle: "i-1",
    internalIp: "127.0.0.1",
    checkTimeoutMs: 1000,
  };
  const look = (path: string, at = port, requestTimeoutMs = 0): Promise<string | null> =>
    probe({ kind: "http", port: at, path, requestTimeoutMs, intervalMs: 0 }, deps, signal);
  assert.equal(await look("/ok"), null);
  assert.equal(seen[0], "diego-healthcheck");
  const failed = `failed to make HTTP request to '/' on port ${port}: received status code 503 in `;
  assert.ok((await look(""))?.startsWith(failed));
  assert.equal(
    await look("/slow", port, 30),
    `failed to make HTTP request to '/slow' on port ${port}: timed out after 0.03 seconds`,
  );
  assert.equal(await look("/ok", 1), "failed to make HTTP request to '/ok' on port 1: connection refused");
});
