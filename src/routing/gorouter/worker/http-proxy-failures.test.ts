import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { test } from "node:test";
import { setImmediate, setTimeout } from "node:timers/promises";
import { testCertificate } from "../test-certificate.ts";
import { startTestRouter } from "./test-router.ts";

test("an app that does not upgrade answers like any other; one that upgrades unasked is a bad gateway", async () => {
  await using router = await startTestRouter();
  const { port } = await router.backend((_incoming, response) => response.writeHead(426).end("no"));
  const rude = await router.rawBackend((socket) => {
    socket.on("data", () =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    );
  });
  router.register("a.test", port);
  router.register("rude.test", rude.port);
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const client = await router.client();
  client.send(`GET / HTTP/1.1\r\nHost: a.test\r\n${upgrade}`);
  assert.match(await client.until(/no\r\n0\r\n\r\n$/), /^HTTP\/1\.1 426/);
  assert.match(await router.raw("GET / HTTP/1.1\r\nHost: rude.test\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 502/);
});

test("a dead endpoint is tried once, then passed over while it is marked", async () => {
  await using router = await startTestRouter();
  const { port } = await router.backend((_incoming, response) => response.end("alive"));
  router.register("a.test", 1);
  router.register("a.test", port);
  for (let n = 0; n < 6; n++) {
    assert.match(
      await router.raw("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"),
      /alive$/,
    );
  }
  assert.ok(router.table.lookup("a.test", "/")!.endpoints[0]!.failedUntilMs > 0);
});

test("at most three endpoints are tried", async () => {
  await using router = await startTestRouter();
  let dials = 0;
  for (let n = 0; n < 5; n++) {
    const { port } = await router.rawBackend((socket) => {
      dials++;
      socket.destroy();
    });
    router.register("a.test", port);
  }
  assert.match(
    await router.raw("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"),
    /endpoint_failure \((EOF|read tcp)/,
  );
  assert.ok(dials <= 3, `${dials}`);
});

test("a kept connection that the app has closed meanwhile costs a GET nothing", async () => {
  await using router = await startTestRouter();
  let served = 0;
  const { port } = await router.rawBackend((socket) => {
    socket.on("data", () => {
      // Promises to stay and leaves when the next request is already on its way.
      if (served++ % 2 === 1 && socket.bytesRead > 400) socket.destroy();
      else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
  });
  router.register("a.test", port);
  const client = await router.client();
  for (let n = 0; n < 10; n++) {
    client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert.match(await client.until(/ok$/), /^HTTP\/1\.1 200/);
  }
});

test("a POST that may have reached the app is not sent twice", async () => {
  await using router = await startTestRouter();
  let received = 0;
  for (let n = 0; n < 2; n++) {
    const { port } = await router.rawBackend((socket) => {
      socket.on("data", () => {
        received++;
        socket.end();
      });
    });
    router.register("a.test", port);
  }
  const text = await router.raw("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  assert.match(text, /^HTTP\/1\.1 502.*endpoint_failure \(EOF\)/s);
  assert.equal(received, 1);
  const again = await router.raw(
    "POST / HTTP/1.1\r\nHost: a.test\r\nIdempotency-Key: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  );
  assert.match(again, /502/);
});

test("an app that says how long it keeps connections gets no request on the last second's edge", async () => {
  await using router = await startTestRouter();
  let connections = 0;
  const { port, server } = await router.backend((_incoming, response) => response.end("ok"));
  server.keepAliveTimeout = 1_000;
  server.on("connection", () => connections++);
  router.register("a.test", port);
  const client = await router.client();
  for (let n = 0; n < 3; n++) {
    client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n");
    await client.until(/ok$/);
  }
  assert.equal(connections, 3, "timeout=1 leaves no time to reuse");
});

test("an answer that breaks off ends the client's connection too", async () => {
  await using router = await startTestRouter();
  const { port } = await router.rawBackend((socket) => {
    socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
  });
  router.register("a.test", port);
  const client = await router.client();
  client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await client.closed;
  assert.ok(client.received === "" || client.received.endsWith("half"));
});

test("what an app sends beyond its answer never becomes another client's answer", async () => {
  await using router = await startTestRouter();
  const { port } = await router.rawBackend((socket) => {
    socket.on("data", () =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
    );
  });
  router.register("a.test", port);
  for (let n = 0; n < 5; n++) {
    const client = await router.client();
    client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    assert.match(await client.until(/ok|poison/), /ok$/);
    assert.equal(client.received, "");
  }
});

for (const [name, answer] of [
  ["no HTTP", "SSH-2.0-OpenSSH_9\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ["a header without end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(300_000)}`],
] as const) {
  test(`an app that answers with ${name} is a bad gateway`, async () => {
    await using router = await startTestRouter();
    const { port } = await router.rawBackend((socket) => socket.on("data", () => socket.write(answer)));
    router.register("a.test", port);
    const text = await router.raw("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    assert.match(text, /^HTTP\/1\.1 502 .*endpoint_failure/s);
  });
}

test("endpoints with TLS are checked by name and authority; what is wrong with them is answered as the real router does", async () => {
  await using router = await startTestRouter();
  const good = testCertificate("instance-1");
  const listener = (_incoming: unknown, response: ServerResponse): void => void response.end("secret");
  const port = await router.listen(createHttpsServer(good, listener));
  const stranger = await router.listen(createHttpsServer(testCertificate("instance-1"), listener));
  const { port: plain } = await router.rawBackend((socket) =>
    socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
  );
  router.proxy.backendCa = good.cert;
  const tls = { tls: true, serverCertDomainSan: "instance-1" };
  router.register("good.test", port, tls);
  router.register("name.test", port, { ...tls, address: "other", serverCertDomainSan: "instance-2" });
  router.register("untrusted.test", stranger, tls);
  router.register("plain.test", plain, tls);
  const ask = (host: string): Promise<string> =>
    router.raw(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  assert.match(await ask("good.test"), /secret$/);
  assert.match(await ask("name.test"), /^HTTP\/1\.1 503 .*endpoint_failure/s);
  assert.match(await ask("untrusted.test"), /^HTTP\/1\.1 526 .*endpoint_failure/s);
  assert.match(await ask("plain.test"), /^HTTP\/1\.1 525 .*endpoint_failure/s);
});

test("an endpoint with all the requests that it may have gets no more", async () => {
  await using router = await startTestRouter({ inFlightMax: 1 });
  const waiting: (() => void)[] = [];
  const { port } = await router.backend((_incoming, response) => waiting.push(() => response.end("ok")));
  router.register("a.test", port);
  const client = await router.client();
  client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  while (waiting.length === 0) await setImmediate();
  const text = await router.raw("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
  assert.match(text, /^HTTP\/1\.1 503 Service Unavailable.*X-Cf-Routererror: Connection Limit Reached/s);
  waiting[0]!();
  await client.until(/ok$/);
});

test("times: slow heads, idle clients, apps that do not answer", async () => {
  await using router = await startTestRouter({ headTimeoutMs: 80, idleTimeoutMs: 200, endpointTimeoutMs: 150 });
  const { port } = await router.backend(() => undefined);
  router.register("a.test", port);
  const silent = await router.raw("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
  assert.match(silent, /502 .*endpoint_failure \(context deadline exceeded\)/s);
  assert.equal(await router.raw("GET / HTTP/1.1\r\nHost: a"), "");
  assert.equal(await router.raw(""), "");
});

test("a client that leaves takes its request with it, and the log says 499", async () => {
  await using router = await startTestRouter();
  const gone = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { port } = await router.backend((incoming) => {
    begun.resolve();
    incoming.socket.on("close", () => gone.resolve());
  });
  router.register("a.test", port);
  const client = await router.client();
  client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await begun.promise;
  client.socket.destroy();
  await gone.promise;
  assert.match(router.log[0]!, /" 499 0 0 /);
  assert.equal(router.table.lookup("a.test", "/")!.endpoints[0]!.inFlight, 0);
});

test("a client that does not read holds back the app, not the router's memory", async () => {
  await using router = await startTestRouter();
  let sent = 0;
  const { port } = await router.rawBackend((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (sent < 1e9) {
          sent += chunk.length;
          if (!socket.write(chunk)) break;
        }
      };
      socket.on("drain", more);
      more();
    });
  });
  router.register("a.test", port);
  const client = await router.client();
  client.socket.pause();
  client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  let before = -1;
  while (sent === 0 || before !== sent) {
    before = sent;
    await setTimeout(100);
  }
  assert.ok(sent < 50_000_000, `${sent} bytes were taken from the app`);
  const [held] = [...router.proxy.clients];
  assert.ok(held!.socket.writableLength < 1_000_000);
});

test("a malformed chunk in the middle of a body ends both sides", async () => {
  await using router = await startTestRouter();
  const aborted = Promise.withResolvers<void>();
  const { port } = await router.backend((incoming) => {
    incoming.on("error", () => aborted.resolve());
    incoming.on("close", () => aborted.resolve());
    incoming.resume();
  });
  router.register("a.test", port);
  const client = await router.client();
  client.send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  await setTimeout(20);
  client.send("zz\r\n");
  await client.closed;
  assert.match(client.received, /^HTTP\/1\.1 400 Bad Request/);
  await aborted.promise;
});

test("draining ends idle connections at once and others after their answer", async () => {
  await using router = await startTestRouter();
  const answer = Promise.withResolvers<void>();
  const { port } = await router.backend(async (_incoming, response) => {
    await answer.promise;
    response.end("last");
  });
  router.register("a.test", port);
  const fresh = await router.client();
  const idle = await router.client();
  const busy = await router.client();
  idle.send("GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n");
  await idle.until(/does not exist\.\n/);
  busy.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  while (router.proxy.upstreams.size === 0) await setImmediate();
  router.proxy.drain();
  await idle.closed;
  fresh.send("GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n");
  assert.match(await fresh.until(/does not exist\.\n/), /Connection: close/, "its request was on its way");
  answer.resolve();
  assert.match(await busy.until(/last$/), /Connection: close/);
  await busy.closed;
});
