import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { test } from "node:test";
import { setImmediate, setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { startTestRouter, type TestRouter } from "./test-router.ts";

const GUID = "11111111-1111-4111-8111-111111111111";
const OTHER_GUID = "22222222-2222-4222-8222-222222222222";

test("a request reaches the app with what the router says about it, and the answer comes back", async () => {
  await using router = await startTestRouter();
  const seen: Record<string, unknown>[] = [];
  const { port } = await router.backend((incoming, response) => {
    seen.push({ ...incoming.headers, url: incoming.url });
    response.setHeader("X-App", "yes");
    response.end("hello");
  });
  router.register("hello.test", port, { instanceIndex: "3" });
  const text = await router.raw(
    "GET /a%20b?c=d HTTP/1.1\r\nHost: Hello.Test:8080\r\nX-Forwarded-For: 10.1.1.1\r\nX-Vcap-Request-Id: forged\r\n" +
      "X-CF-ApplicationID: forged\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\n\r\n",
  );
  assert.match(text, /^HTTP\/1\.1 200 OK\r\nX-App: yes\r\n/);
  assert.match(text, /\r\nConnection: close\r\n/);
  assert.ok(text.endsWith("\r\n\r\nhello"));
  const [head] = seen;
  assert.equal(head!["url"], "/a%20b?c=d");
  assert.equal(head!["host"], "Hello.Test:8080");
  assert.equal(head!["x-forwarded-for"], "10.1.1.1, 127.0.0.1");
  assert.equal(head!["x-forwarded-proto"], "http");
  assert.equal(head!["x-cf-applicationid"], GUID);
  assert.equal(head!["x-cf-instanceid"], `instance-${port}`);
  assert.equal(head!["x-cf-instanceindex"], "3");
  assert.match(String(head!["x-request-start"]), /^\d{13}$/);
  assert.equal(head!["x-secret"], undefined);
  assert.equal(head!["keep-alive"], undefined);
  const requestId = /X-Vcap-Request-Id: ([0-9a-f-]{36})\r\n/.exec(text)?.[1];
  assert.equal(head!["x-vcap-request-id"], requestId);
  assert.match(
    router.log[0]!,
    new RegExp(
      `^Hello\\.Test:8080 - \\[\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z\\] "GET /a%20b\\?c=d HTTP/1\\.1" 200 0 5 "-" "-" ` +
        `"127\\.0\\.0\\.1:\\d+" "127\\.0\\.0\\.1:${port}" x_forwarded_for:"10\\.1\\.1\\.1, 127\\.0\\.0\\.1" ` +
        `x_forwarded_proto:"http" vcap_request_id:"${requestId}" response_time:0\\.\\d{6} gorouter_time:0\\.\\d{6} ` +
        `app_id:"${GUID}" app_index:"3" instance_id:"instance-${port}" x_cf_routererror:"-"$`,
    ),
  );
});

test("connections are kept on both sides, and pipelined requests are answered in order", async () => {
  await using router = await startTestRouter();
  let connections = 0;
  const { port, server } = await router.backend((incoming, response) => response.end(incoming.url));
  server.on("connection", () => connections++);
  router.register("a.test", port);
  const client = await router.client();
  const urls = Array.from({ length: 50 }, (_, n) => `/${n}.`);
  client.send(urls.map((url) => `GET ${url} HTTP/1.1\r\nHost: a.test\r\n\r\n`).join(""));
  for (const url of urls) assert.ok((await client.until(/\r\n\r\n\/\d+\./)).endsWith(url));
  assert.equal(connections, 1);
});

test("unknown routes are refused by the thousand on one connection without trouble", async () => {
  await using router = await startTestRouter();
  const client = await router.client();
  client.send("GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n".repeat(3_000));
  for (let n = 0; n < 3_000; n++) await client.until(/does not exist\.\n/);
});

const errors: [name: string, head: string, status: RegExp, code: string | null, body: string][] = [
  [
    "an unknown route",
    "Host: x.test",
    /^HTTP\/1\.1 404 Not Found/,
    "unknown_route",
    "404 Not Found: Requested route ('x.test') does not exist.\n",
  ],
  ["an empty host", "Host:", /400/, "empty_host", "400 Bad Request: Request had empty Host header\n"],
  [
    "the client's own address as host",
    "Host: 127.0.0.1:80",
    /400/,
    "empty_host",
    "400 Bad Request: Request had empty Host header\n",
  ],
  [
    "a malformed app instance",
    "Host: a.test\r\nX-CF-App-Instance: x:0",
    /400/,
    "invalid_cf_app_instance_header",
    "400 Bad Request: Invalid X-CF-App-Instance Header\n",
  ],
  [
    "a malformed process instance",
    "Host: a.test\r\nX-CF-Process-Instance: x",
    /400/,
    "invalid_cf_process_instance_header",
    "400 Bad Request: Invalid X-CF-Process-Instance Header\n",
  ],
  [
    "an app instance that is not there",
    `Host: a.test\r\nX-CF-App-Instance: ${GUID}:9`,
    /400/,
    "unknown_route",
    `400 Bad Request: Requested instance ('9') with guid ('${GUID}') does not exist for route ('a.test')\n`,
  ],
  [
    "a process that is not there",
    `Host: a.test\r\nX-CF-Process-Instance: ${OTHER_GUID}`,
    /400/,
    "unknown_route",
    `400 Bad Request: Requested instance with process guid ('${OTHER_GUID}') does not exist for route ('a.test')\n`,
  ],
  [
    "a dead endpoint",
    "Host: dead.test",
    /502 Bad Gateway/,
    "endpoint_failure (dial tcp 127.0.0.1:1: connect: connection refused)",
    "502 Bad Gateway: Registered endpoint failed to handle the request.\n",
  ],
  [
    "a route with a route service",
    "Host: rs.test",
    /502/,
    "route_service_unsupported",
    "502 Bad Gateway: Support for route services is disabled.\n",
  ],
  [
    "smuggling",
    "Host: a.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
    /400 Bad Request/,
    null,
    "400 Bad Request",
  ],
];
for (const [name, head, status, code, body] of errors) {
  test(`${name} is answered as the real router does`, async () => {
    await using router = await startTestRouter();
    const { port } = await router.backend((_incoming, response) => response.end("app"));
    router.register("a.test", port);
    router.register("dead.test", 1);
    router.register("rs.test", port, { address: "rs", routeServiceUrl: "https://rs" });
    const text = await router.raw(`GET / HTTP/1.1\r\n${head}\r\nConnection: close\r\n\r\n`);
    assert.match(text, status);
    assert.equal(/X-Cf-Routererror: (.*)\r\n/.exec(text)?.[1] ?? null, code);
    assert.equal(text.slice(text.indexOf("\r\n\r\n") + 4), body);
  });
}

test("a request for one instance reaches that instance alone", async () => {
  await using router = await startTestRouter();
  for (const index of ["0", "1", "2"]) {
    const { port } = await router.backend((incoming, response) =>
      response.end(`i${index} ${incoming.headers["x-cf-app-instance"]}.`),
    );
    router.register("a.test", port, { instanceIndex: index, tags: { process_id: OTHER_GUID } });
  }
  const ask = (header: string): Promise<string> =>
    router.raw(`GET / HTTP/1.1\r\nHost: a.test\r\n${header}\r\nConnection: close\r\n\r\n`);
  for (let n = 0; n < 4; n++) assert.match(await ask(`X-Cf-App-Instance: ${GUID}:1`), /i1 undefined\.$/);
  assert.match(await ask(`X-Cf-Process-Instance: ${OTHER_GUID}:2`), /i2 /);
  assert.match(await ask(`X-Cf-Process-Instance: ${OTHER_GUID}`), /i\d /);
});

test("a head over the limit is 431 and ends the connection", async () => {
  await using router = await startTestRouter({ headBytesMax: 2_000 });
  const text = await router.raw(`GET / HTTP/1.1\r\nHost: a.test\r\nX: ${"x".repeat(3_000)}`);
  assert.match(text, /^HTTP\/1\.1 431 /);
  assert.match(text, /X-Cf-Routererror: max-request-size-exceeded/);
});

test("an HTTP version that is not spoken gets a bare HTTP/1.0 answer", async () => {
  await using router = await startTestRouter();
  assert.equal(await router.raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "HTTP/1.0 400 Bad Request\r\n\r\n");
});

test("bodies of any size and framing arrive as they were sent, both ways", async () => {
  await using router = await startTestRouter();
  const { port } = await router.backend((incoming, response) => {
    if (incoming.headers["x-sized"] !== undefined)
      response.setHeader("Content-Length", incoming.headers["content-length"]!);
    incoming.pipe(response);
  });
  router.register("a.test", port);
  for (const size of [0, 1, 1_000, 15_000, 70_000, 3_000_000]) {
    for (const sized of [true, false]) {
      const sent = randomBytes(size);
      const got = await post(router, sent, sized);
      assert.equal(sha(got), sha(sent), `${size} ${sized ? "with a length" : "in chunks"}`);
    }
  }
});

test("property: however the client cuts its bytes, the app sees the same requests", async () => {
  await using router = await startTestRouter();
  const { port } = await router.backend((incoming, response) => {
    let body = "";
    incoming.on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => response.end(`[${incoming.method} ${incoming.url} ${body}]`));
  });
  router.register("a.test", port);
  const bytes =
    "POST /1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\nHost: a.test\r\n\r\n" +
    "PUT /3 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n" +
    "GET /4 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat({ max: bytes.length }), { maxLength: 12 }), async (cuts) => {
      const client = await router.client();
      cuts.sort((a, b) => a - b);
      for (const [n, from] of [0, ...cuts].entries()) {
        client.send(bytes.slice(from, cuts[n] ?? bytes.length));
        await setImmediate();
      }
      await client.closed;
      assert.equal(client.received.match(/\[.*?\]/g)?.join(""), "[POST /1 hello][GET /2 ][PUT /3 abcde][GET /4 ]");
    }),
    { numRuns: 60 },
  );
});

test("answers in pieces, without length, to HTTP/1.0, to HEAD, and interim ones", async () => {
  await using router = await startTestRouter();
  const { port } = await router.rawBackend((socket) => {
    socket.on("data", async (chunk) => {
      const text = chunk.toString();
      if (text.startsWith("GET /close")) socket.end("HTTP/1.1 200 OK\r\n\r\nuntil the end");
      else if (text.startsWith("GET /chunked")) {
        for (const piece of [
          "HTTP/1.1 200 OK\r\nTransfer-",
          "Encoding: chunked\r\n\r",
          "\n5\r\nhel",
          "lo\r\n0\r\n",
          "\r\n",
        ]) {
          socket.write(piece);
          await setTimeout(2);
        }
      } else if (text.startsWith("HEAD")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
      else if (text.startsWith("GET /hints")) {
        socket.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }
    });
  });
  router.register("a.test", port);
  const close = await router.raw("GET /close HTTP/1.1\r\nHost: a.test\r\n\r\n");
  assert.match(close, /Connection: close\r\n\r\nuntil the end$/);
  const old = await router.raw("GET /chunked HTTP/1.0\r\nHost: a.test\r\n\r\n");
  assert.match(old, /\r\n\r\nhello$/);
  assert.doesNotMatch(old, /chunked/i);
  const client = await router.client();
  client.send("GET /chunked HTTP/1.1\r\nHost: a.test\r\n\r\n");
  assert.match(await client.until(/0\r\n\r\n/), /\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
  client.send("HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\nGET /hints HTTP/1.1\r\nHost: a.test\r\n\r\n");
  assert.match(await client.until(/\r\n\r\n/), /Content-Length: 500/);
  assert.match(await client.until(/\r\n\r\n/), /^HTTP\/1\.1 103/);
  assert.match(await client.until(/ok$/), /^HTTP\/1\.1 200 OK/);
});

test("100-continue passes through before the body is sent", async () => {
  await using router = await startTestRouter();
  const { port, server } = await router.backend((incoming, response) => incoming.pipe(response));
  server.on("checkContinue", (incoming, response) => {
    response.writeContinue();
    incoming.pipe(response);
  });
  router.register("a.test", port);
  const client = await router.client();
  client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  assert.match(await client.until(/\r\n\r\n/), /^HTTP\/1\.1 100 Continue/);
  client.send("body");
  assert.match(await client.until(/body/), /^HTTP\/1\.1 200 OK/);
});

test("an upgraded connection carries bytes both ways until either side ends it", async () => {
  await using router = await startTestRouter();
  const { port, server } = await router.backend((_incoming, response) => response.end());
  server.on("upgrade", (incoming, socket) => {
    assert.equal(incoming.headers["connection"], "Upgrade");
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    socket.on("data", (chunk: Buffer) => {
      if (chunk.toString() === "quit") socket.end("bye");
      else socket.write(chunk.toString().toUpperCase());
    });
  });
  router.register("a.test", port);
  const client = await router.client();
  client.send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
  const head = await client.until(/\r\n\r\n/);
  assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n/);
  await client.until(/EARLY/);
  client.send("hello");
  await client.until(/HELLO/);
  client.send("quit");
  await client.until(/bye/);
  await client.closed;
  while (router.log.length === 0) await setImmediate();
  assert.match(router.log[0]!, /" 101 \d+ 13 /);
});

test("clients stick to the instance that started their session, and move on when it is gone", async () => {
  await using router = await startTestRouter();
  for (const name of ["one", "two", "three"]) {
    const { port } = await router.backend((incoming, response) => {
      if (incoming.url === "/login") response.setHeader("Set-Cookie", "JSESSIONID=abc; Secure; SameSite=none; Path=/x");
      response.end(`${name}.`);
    });
    router.register("a.test/app", port, { instanceId: name });
    router.register("a.test", port, { instanceId: name });
  }
  const login = await router.raw("GET /login HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
  const mine = /__VCAP_ID__=(\w+); Path=\/; HttpOnly; Secure; SameSite=None\r\n/.exec(login)?.[1];
  assert.ok(mine !== undefined && login.endsWith(`${mine}.`), login);
  const ask = (cookie: string): Promise<string> =>
    router.raw(`GET / HTTP/1.1\r\nHost: a.test\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
  for (let n = 0; n < 4; n++) {
    const text = await ask(`x=1; JSESSIONID=abc; __VCAP_ID__=${mine}`);
    assert.ok(text.endsWith(`${mine}.`));
    assert.doesNotMatch(text, /Set-Cookie/);
  }
  const withoutSession = new Set<string>();
  for (let n = 0; n < 6; n++) withoutSession.add((await ask(`__VCAP_ID__=${mine}`)).slice(-5));
  assert.equal(withoutSession.size, 3, "the instance cookie alone binds nobody");
  assert.match(await ask("JSESSIONID=abc; __VCAP_ID__=gone"), /__VCAP_ID__=(one|two|three); Path=\/; HttpOnly\r\n/);
});

test("nothing that a client writes forges another line or field of the log", async () => {
  await using router = await startTestRouter();
  const { port } = await router.rawBackend((socket) => {
    let bytes = 0;
    socket.on("data", (chunk) => {
      bytes += chunk.length;
      if (bytes > 70_000) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
  });
  router.register("a.test", port);
  await router.raw(
    `GET /" HTTP/1.1\r\nHost: a.test\r\nUser-Agent: x" 200 "\\\xff\r\nReferer: ${"r".repeat(70_000)}\r\nConnection: close\r\n\r\n`,
  );
  const [line] = router.log;
  assert.match(line!, /"GET \/\\" HTTP\/1\.1" 200 /);
  assert.match(line!, /"x\\" 200 \\"\\\\/);
  assert.doesNotMatch(line!, /\n/);
  assert.ok(line!.length < 3_000 && line!.includes("...REFERER-TOO-LONG-TO-LOG--TRUNCATED"));
});

async function post(router: TestRouter, body: Buffer, sized: boolean): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const headers = {
      host: "a.test",
      ...(sized ? { "content-length": body.length, "x-sized": "1" } : { "transfer-encoding": "chunked" }),
    };
    const outgoing = request({ port: router.port, host: "127.0.0.1", method: "POST", headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => resolve(Buffer.concat(chunks)));
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function randomBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8) * 17) & 255;
  return bytes;
}

function sha(bytes: Buffer): string {
  return createHash("sha1").update(bytes).digest("hex");
}
