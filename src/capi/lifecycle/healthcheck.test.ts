import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { checkHealth } from "./bundle/healthcheck.ts";
import { plainEnv, runToEnd, StagingBench } from "./testing/staging-bench.ts";

/** Loopback plays the part of the container's address: it is there on every machine. */
const container = { eth0: networkInterfaces()["lo"]!.map((address) => ({ ...address, internal: false })) };

async function withServer(listener: RequestListener, use: (port: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(String((server.address() as AddressInfo).port));
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function closedPort(): Promise<string> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

test("a listening port is healthy, a closed one says where it tried", async () => {
  await withServer(
    () => undefined,
    async (port) => assert.equal(await checkHealth({ port, uri: "", timeoutMs: 5000 }, container), null),
  );
  const port = await closedPort();
  assert.deepEqual(await checkHealth({ port, uri: "", timeoutMs: 5000 }, container), {
    code: 4,
    message: `failed to make TCP connection to 127.0.0.1:${port}: dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
});

test("over HTTP only 200 is healthy", async () => {
  const seen: string[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(`${request.url} ${request.headers["user-agent"]} ${request.headers["x-forwarded-proto"]}`);
    response.writeHead(request.url === "/ok" ? 200 : 204).end();
  };
  await withServer(listener, async (port) => {
    assert.equal(await checkHealth({ port, uri: "/ok", timeoutMs: 5000 }, container), null);
    const other = await checkHealth({ port, uri: "/other", timeoutMs: 5000 }, container);
    assert.equal(other?.code, 6);
    assert.match(
      other!.message,
      /^failed to make HTTP request to '\/other' on port \d+: received status code 204 in \d+ms$/,
    );
    assert.equal(seen[0], "/ok diego-healthcheck https");
  });
  const refused = await checkHealth({ port: await closedPort(), uri: "/", timeoutMs: 5000 }, container);
  assert.equal(refused?.code, 5);
});

test("an app that does not answer in time is unhealthy", async () => {
  await withServer(
    () => undefined,
    async (port) => {
      assert.deepEqual(await checkHealth({ port, uri: "/", timeoutMs: 50 }, container), {
        code: 65,
        message: `failed to make HTTP request to '/' on port ${port}: timed out after 0.05 seconds`,
      });
    },
  );
});

test("without an address that others can reach there is nothing to check", async () => {
  const result = await checkHealth({ port: "1", uri: "", timeoutMs: 50 }, { lo: networkInterfaces()["lo"] });
  assert.deepEqual(result, { code: 3, message: "failure to find suitable interface" });
});

test("the program ends with the check's code, and gives up a start that takes too long", async () => {
  using bench = await StagingBench.open();
  const program = `${bench.lifecycleDir}/healthcheck`;
  const port = await closedPort();
  const once = await runToEnd(program, [`-port=${port}`], { env: plainEnv() });
  assert.ok(once.code === 4 || once.code === 3, once.stderr); // 3: a machine with loopback alone
  const slow = await runToEnd(program, ["-port", port, "-startup-interval=20ms", "-startup-timeout=100ms"], {
    env: plainEnv(),
  });
  assert.equal(slow.code, once.code);
  assert.match(slow.stderr, /^Timed out after 100ms \(\d+ attempts\) waiting for startup check to succeed: fail/);
  const live = await runToEnd(program, [`-port=${port}`, "-liveness-interval=1s"], { env: plainEnv() });
  assert.match(live.stderr, /^Liveness check unsuccessful: fail/);
  assert.equal((await runToEnd(program, ["-nonsense"], { env: plainEnv() })).code, 2);
});
