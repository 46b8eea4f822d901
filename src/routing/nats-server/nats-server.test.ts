import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import type { Message } from "../../kit/messages.ts";
import { systemRandom } from "../../kit/random-system.ts";
import type { NatsServerConfig } from "./config.ts";
import { type NatsServer, startNatsServer } from "./nats-server.ts";

const deps = { clock: systemClock(), random: systemRandom(), log: silentLog() };
const anyPort = { host: "127.0.0.1", port: 0 };

test("what is published in this process arrives after publish has returned, in order, at every subscriber", async () => {
  await using server = await startNatsServer({}, deps);
  const seen: string[] = [];
  server.bus.subscribe("router.*", (message) => seen.push(`a ${text(message)}`));
  server.bus.subscribe("router.register", (message) => seen.push(`b ${text(message)}`));
  server.bus.publish("router.register", "1");
  server.bus.publish("router.register", "2");
  server.bus.publish("router", "nobody");
  assert.equal(seen.length, 0);
  await setImmediate();
  assert.deepEqual(
    seen.map((line) => line.at(-1)),
    ["1", "1", "2", "2"],
  );
  assert.deepEqual(seen.sort(), ["a 1", "a 2", "b 1", "b 2"]);
});

test("a handler that throws disturbs neither the others nor the publisher", async () => {
  await using server = await startNatsServer({}, deps);
  const seen: string[] = [];
  server.bus.subscribe("x", () => {
    throw new Error("broken");
  });
  server.bus.subscribe("x", (message) => seen.push(text(message)));
  server.bus.publish("x", "1");
  await setImmediate();
  assert.deepEqual(seen, ["1"]);
});

test("nothing arrives after unsubscribe, not even what was already published", async () => {
  await using server = await startNatsServer({}, deps);
  const seen: string[] = [];
  const subscription = server.bus.subscribe("x", (message) => seen.push(text(message)));
  server.bus.publish("x", "1");
  subscription.unsubscribe();
  subscription.unsubscribe();
  await setImmediate();
  assert.deepEqual(seen, []);
});

test("of a queue group one member gets each message", async () => {
  await using server = await startNatsServer({}, deps);
  let grouped = 0;
  let single = 0;
  for (let member = 0; member < 3; member++) server.bus.subscribe("work", () => grouped++, { queue: "q" });
  server.bus.subscribe("work", () => single++);
  for (let n = 0; n < 30; n++) server.bus.publish("work", "");
  await setImmediate();
  assert.deepEqual({ grouped, single }, { grouped: 30, single: 30 });
});

test("a request gets the first answer and gives up when its signal aborts", async () => {
  await using server = await startNatsServer({}, deps);
  server.bus.subscribe("router.greet", (message) => server.bus.publish(message.reply, "hello"));
  const answer = await server.bus.request("router.greet", "", AbortSignal.timeout(2000));
  assert.equal(text(answer), "hello");
  const aborted = new AbortController();
  const pending = server.bus.request("nobody", "", aborted.signal);
  aborted.abort(new Error("too late"));
  await assert.rejects(pending, /too late/);
});

test("payloads over the limit and bad subjects are refused at once", async () => {
  await using server = await startNatsServer({ payloadMax: 10 }, deps);
  assert.throws(() => server.bus.publish("x", "12345678901"), RangeError);
  assert.throws(() => server.bus.publish("x.*", ""), TypeError);
  assert.throws(() => server.bus.subscribe("x..y", () => undefined), TypeError);
});

test("a client on the wire and the bus in this process hear each other", async () => {
  await using server = await startNatsServer({ listen: anyPort }, deps);
  using client = await rawClient(server);
  assert.match(await client.line(), /^INFO \{.*"headers":true.*"max_payload":1048576/);
  client.send('CONNECT {"verbose":false}\r\nSUB router.> 7\r\nPING\r\n');
  assert.equal(await client.line(), "PONG");
  server.bus.publish("router.start", "{}", "back");
  assert.equal(await client.line(), "MSG router.start 7 back 2");
  assert.equal(await client.line(), "{}");
  const heard = Promise.withResolvers<Message>();
  server.bus.subscribe("router.register", heard.resolve);
  client.send("PUB router.register 2\r\n{}\r\n");
  assert.equal(text(await heard.promise), "{}");
});

test("operations arrive whole however the bytes are chunked", async () => {
  await using server = await startNatsServer({ listen: anyPort }, deps);
  using client = await rawClient(server);
  await client.line();
  const bytes = 'CONNECT {"verbose":true}\r\nSUB a.b q 1\r\nPUB a.b 4\r\n\r\n\r\n\r\nPING\r\n';
  for (const byte of bytes) {
    client.send(byte);
    await setImmediate();
  }
  const lines: string[] = [];
  for (let n = 0; n < 8; n++) lines.push(await client.line());
  // "+OK" of the PUB comes behind its own message: the delivery is part of publishing.
  assert.deepEqual(lines, ["+OK", "+OK", "MSG a.b 1 4", "", "", "", "+OK", "PONG"]);
});

test("UNSUB with a count ends after so many messages", async () => {
  await using server = await startNatsServer({ listen: anyPort }, deps);
  using client = await rawClient(server);
  await client.line();
  client.send("CONNECT {}\r\nSUB x 1\r\nUNSUB 1 2\r\nPUB x 0\r\n\r\nPUB x 0\r\n\r\nPUB x 0\r\n\r\nPING\r\n");
  const lines: string[] = [];
  for (let n = 0; n < 5; n++) lines.push(await client.line());
  assert.deepEqual(lines, ["MSG x 1 0", "", "MSG x 1 0", "", "PONG"]);
});

test("headers reach clients that know them; the others get the payload alone", async () => {
  await using server = await startNatsServer({ listen: anyPort }, deps);
  using knows = await rawClient(server);
  using plain = await rawClient(server);
  await knows.line();
  await plain.line();
  knows.send('CONNECT {"headers":true}\r\nSUB x 1\r\nPING\r\n');
  plain.send("CONNECT {}\r\nSUB x 1\r\nPING\r\n");
  assert.equal(await knows.line(), "PONG");
  assert.equal(await plain.line(), "PONG");
  plain.send("HPUB x 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n");
  assert.equal(await knows.line(), "HMSG x 1 18 20");
  assert.equal(await plain.line(), "MSG x 1 2");
  assert.equal(await plain.line(), "hi");
});

const refusals: [name: string, config: NatsServerConfig, sent: string, answer: RegExp][] = [
  ["a wrong token", { auth: { token: "right" } }, 'CONNECT {"auth_token":"wrong"}\r\n', /Authorization Violation/],
  ["a wrong password", { auth: { user: "u", password: "p" } }, 'CONNECT {"user":"u","pass":"x"}\r\n', /Authorization/],
  ["no CONNECT before SUB", { auth: { token: "right" } }, "SUB x 1\r\n", /Authorization Violation/],
  ["silence", { connectTimeoutMs: 30 }, "", /Authentication Timeout/],
  ["another protocol", {}, "GET / HTTP/1.1\r\n", /Unknown Protocol Operation/],
  ["a payload over the limit", { payloadMax: 8 }, "PUB x 9\r\n", /Maximum Payload Violation/],
  ["an endless control line", {}, "SUB ".padEnd(9000, "x"), /maximum control line exceeded/],
  ["a payload without its end", {}, "PUB x 1\r\nabcd\r\n", /Unknown Protocol Operation/],
];
for (const [name, config, sent, answer] of refusals) {
  test(`${name} ends the connection with the reason`, async () => {
    await using server = await startNatsServer({ listen: anyPort, ...config }, deps);
    using client = await rawClient(server);
    await client.line();
    client.send(sent);
    assert.match(await client.line(), answer);
    await client.closed;
  });
}

test("the right token is let in", async () => {
  await using server = await startNatsServer({ listen: anyPort, auth: { token: "right" } }, deps);
  using client = await rawClient(server);
  assert.match(await client.line(), /"auth_required":true/);
  client.send('CONNECT {"auth_token":"right","verbose":true}\r\n');
  assert.equal(await client.line(), "+OK");
});

test("a consumer that does not read is cut off and the others go on", async () => {
  await using server = await startNatsServer({ listen: anyPort, pendingMax: 200_000 }, deps);
  using slow = await rawClient(server);
  await slow.line();
  slow.send("CONNECT {}\r\nSUB flood 1\r\nPING\r\n");
  await slow.line();
  slow.socket.pause();
  let received = 0;
  server.bus.subscribe("flood", () => received++);
  const chunk = new Uint8Array(100_000);
  let sent = 0;
  while (server.connectionCount() > 0 && sent < 1_000) {
    server.bus.publish("flood", chunk);
    sent++;
    await setImmediate();
  }
  assert.equal(server.connectionCount(), 0);
  await setImmediate();
  assert.equal(received, sent);
});

function text(message: Message): string {
  return Buffer.from(message.data).toString();
}

interface RawClient extends Disposable {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  send(text: string): void;
  line(): Promise<string>;
}

async function rawClient(server: NatsServer): Promise<RawClient> {
  const socket = connect(server.address!.port, server.address!.host);
  socket.setNoDelay(true);
  let buffered = "";
  let wake: () => void = () => undefined;
  socket.on("data", (chunk) => {
    buffered += chunk.toString("latin1");
    wake();
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  closed.then(() => wake());
  return {
    socket,
    closed,
    send: (sent) => void socket.write(sent),
    line: async () => {
      while (!buffered.includes("\r\n")) {
        if (socket.closed) throw new Error(`closed; left: ${buffered}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const end = buffered.indexOf("\r\n");
      const line = buffered.slice(0, end);
      buffered = buffered.slice(end + 2);
      return line;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
