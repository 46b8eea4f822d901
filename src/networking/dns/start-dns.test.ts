import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { decode, encode, type Packet, streamDecode, streamEncode } from "dns-packet";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { systemRandom } from "../../kit/random-system.ts";
import { DNS_DEFAULTS, type DnsConfig } from "./config.ts";
import type { UpstreamServer } from "./resolv-conf.ts";
import { startDns } from "./start-dns.ts";

async function bed(upstreams: readonly UpstreamServer[], changes: Partial<DnsConfig> = {}) {
  const config: DnsConfig = {
    ...DNS_DEFAULTS,
    listeners: [{ address: "127.0.0.1", port: 0, platformAddress: "10.254.9.1" }],
    domains: ["cf.localhost"],
    ...changes,
  };
  const dns = await startDns(config, {
    clock: systemClock(),
    random: systemRandom(),
    log: silentLog(),
    upstreams: () => upstreams,
    internalAddresses: (name) => (name === "backend.apps.internal" ? ["10.254.9.7"] : null),
  });
  const { port } = dns.listeners[0]!;
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  return { dns, port, resolver };
}

/** A resolver of the host: answers what `answer` says. */
async function fakeResolver(answer: (query: Packet) => Packet | null) {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.on("message", (message, from) => {
    const reply = answer(decode(message));
    if (reply !== null) socket.send(encode(reply), from.port, from.address);
  });
  return { server: { address: "127.0.0.1", port: socket.address().port }, close: () => socket.close() };
}

test("names of the platform lead to the platform; a domain that is added later does too", async () => {
  const { dns, resolver } = await bed([]);
  await using _ = dns;
  assert.deepEqual(await resolver.resolve4("api.cf.localhost"), ["10.254.9.1"]);
  assert.deepEqual(await resolver.resolve4("backend.apps.internal"), ["10.254.9.7"]);
  await assert.rejects(resolver.resolve4("nobody.apps.internal"), { code: "ENOTFOUND" });
  await assert.rejects(resolver.resolve6("api.cf.localhost"), { code: "ENODATA" });
  await assert.rejects(resolver.resolve4("shop.example.org"), { code: "ESERVFAIL" });
  dns.setDomains(["cf.localhost", "example.org"]);
  assert.deepEqual(await resolver.resolve4("shop.example.org"), ["10.254.9.1"]);
});

test("other names are asked at the host's resolvers, the next one when the first is silent", async () => {
  const silent = await fakeResolver(() => null);
  const helpful = await fakeResolver((query) => ({
    type: "response",
    id: query.id!,
    questions: query.questions!,
    answers: [{ type: "A", name: query.questions![0]!.name, ttl: 60, data: "192.0.2.80" }],
  }));
  const { dns, resolver } = await bed([silent.server, helpful.server], { upstreamTimeoutMs: 100 });
  await using _ = dns;
  assert.deepEqual(await resolver.resolve4("www.example.com"), ["192.0.2.80"]);
  silent.close();
  helpful.close();
});

test("an answer to another question is not taken", async () => {
  const liar = await fakeResolver((query) => ({
    type: "response",
    id: query.id!,
    questions: [{ type: "A", name: "bank.example.com", class: "IN" }],
    answers: [{ type: "A", name: "bank.example.com", ttl: 60, data: "203.0.113.6" }],
  }));
  const { dns, resolver } = await bed([liar.server], { upstreamTimeoutMs: 100 });
  await using _ = dns;
  await assert.rejects(resolver.resolve4("www.example.com"), { code: "ESERVFAIL" });
  liar.close();
});

test("questions beyond the limit are turned away at once", async () => {
  const silent = await fakeResolver(() => null);
  const { dns, resolver } = await bed([silent.server], { inFlightMax: 1, upstreamTimeoutMs: 800 });
  await using _ = dns;
  const first = resolver.resolve4("a.example.com").catch((error) => error.code);
  const began = performance.now();
  await assert.rejects(resolver.resolve4("b.example.com"), { code: "ESERVFAIL" });
  assert.ok(performance.now() - began < 700);
  silent.close();
  await dns[Symbol.asyncDispose]();
  await first;
});

test("TCP works, several questions on one connection", async () => {
  const { dns, port } = await bed([]);
  await using _ = dns;
  const socket = connect(port, "127.0.0.1");
  const ask = (id: number): Buffer =>
    streamEncode({ type: "query", id, questions: [{ type: "A", name: "uaa.cf.localhost", class: "IN" }] });
  socket.write(Buffer.concat([ask(1), ask(2)]));
  let bytes = Buffer.alloc(0);
  while (bytes.length < 2 * (2 + 12 + 22 + 32)) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.readUInt16BE(0) * 2 + 4 <= bytes.length) break;
  }
  const first = streamDecode(bytes);
  assert.equal(first?.id, 1);
  assert.equal(first?.answers?.[0]?.type === "A" && first.answers[0].data, "10.254.9.1");
  socket.destroy();
});

test("rubbish is answered with an error or not at all, and hurts nobody", async () => {
  const { dns, port, resolver } = await bed([]);
  await using _ = dns;
  const socket = createSocket("udp4");
  for (let length = 0; length < 200; length += 7) {
    const rubbish = Buffer.from(Array.from({ length }, (__, index) => (index * 89 + length) & 0xff));
    socket.send(rubbish, port, "127.0.0.1");
  }
  assert.deepEqual(await resolver.resolve4("api.cf.localhost"), ["10.254.9.1"]);
  socket.close();
});
