import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import { request as tlsRequest } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { silentLog } from "../../kit/log.ts";
import { startTicksOf } from "../../kit/process-identity.ts";
import { systemRandom } from "../../kit/random-system.ts";
import type { LogEnvelope } from "../../protocol/envelope.ts";
import { type NatsServer, startNatsServer } from "../nats-server/index.ts";
import type { GorouterConfig } from "./config.ts";
import { ListenFailedError } from "./errors.ts";
import { type Gorouter, startGorouter } from "./gorouter.ts";
import { probePort } from "./port-probe.ts";
import { testCertificate } from "./test-certificate.ts";
import { detachedSpawn } from "./worker-spawn.ts";

const clock = systemClock();
const APP = "11111111-1111-4111-8111-111111111111";

test("a route that is put on the bus is served, its request is logged for the app, and taken back it is gone", async () => {
  await using site = await startSite();
  await using router = await site.start();
  await site.register("hello.test");
  assert.deepEqual(await eventually(router, "hello.test", 200), { status: 200, body: "hello" });
  await until(() => site.envelopes.length > 0);
  const [envelope] = site.envelopes;
  assert.match(Buffer.from(envelope!.payload).toString(), /^hello\.test - \[.*"GET \/ HTTP\/1\.1" 200 0 5 /);
  assert.equal(envelope!.sourceId, APP);
  assert.equal(envelope!.instanceId, "0");
  assert.deepEqual(envelope!.tags, { app_name: "hello", source_type: "RTR" });
  site.publish("router.unregister", "hello.test");
  await eventually(router, "hello.test", 404);
});

test("the router announces itself and answers a greeting as the emitters expect", async () => {
  await using site = await startSite();
  const started = Promise.withResolvers<string>();
  site.nats.bus.subscribe("router.start", ({ data }) => started.resolve(Buffer.from(data).toString()));
  await using router = await site.start();
  const greeting = JSON.parse(await started.promise);
  assert.equal(greeting.minimumRegisterIntervalInSeconds, 20);
  assert.equal(greeting.pruneThresholdInSeconds, 120);
  assert.equal(router.listeners.length, 1);
  const answer = await site.nats.bus.request("router.greet", "", clock.deadline(2_000));
  assert.deepEqual(JSON.parse(Buffer.from(answer.data).toString()), greeting);
});

test("routes that nobody renews are pruned", async () => {
  await using site = await startSite();
  await using router = await site.start({ staleAfterMs: 200, pruneIntervalMs: 20 });
  await until(async () => {
    await site.register("hello.test"); // renewed until it was seen, however slow the machine is
    return (await get(router.listeners[0]!.port, "hello.test")).status === 200;
  });
  await eventually(router, "hello.test", 404);
  assert.equal(router.routeCount, 0);
});

test("a worker that is killed is started again with all routes, on the same port", async () => {
  await using site = await startSite();
  await using router = await site.start();
  await site.register("hello.test");
  await eventually(router, "hello.test", 200);
  const before = await onlyWorker(router);
  const { port } = router.listeners[0]!;
  process.kill(before, "SIGKILL");
  await until(() => startTicksOf(before) === null);
  await eventually(router, "hello.test", 200);
  assert.notEqual(await onlyWorker(router), before);
  assert.equal(router.listeners[0]!.port, port);
});

test("a worker goes on serving without main, and the next main adopts it with its table", async () => {
  await using site = await startSite();
  const first = await site.start();
  await site.register("hello.test");
  await eventually(first, "hello.test", 200);
  const worker = await onlyWorker(first);
  const { port } = first.listeners[0]!;
  await first.letGo();
  await first[Symbol.asyncDispose]();
  assert.equal((await get(port, "hello.test")).status, 200);
  await using second = await site.start();
  assert.equal(await onlyWorker(second), worker);
  assert.deepEqual(second.listeners, first.listeners);
  assert.deepEqual(
    second.routes().flatMap(({ uris }) => uris),
    ["hello.test"],
  );
  assert.equal((await get(port, "hello.test")).status, 200);
  await until(() => site.envelopes.length >= 3, "what was logged meanwhile is delivered");
  site.publish("router.unregister", "hello.test");
  await eventually(second, "hello.test", 404);
});

test("a worker with another configuration is replaced without refusing a connection", async () => {
  await using site = await startSite();
  const probe = await probePort("127.0.0.1", 0);
  assert.ok(probe.free);
  const listen = [{ host: "127.0.0.1", port: probe.port, tls: false }];
  const first = await site.start({ listen });
  await site.register("hello.test");
  await eventually(first, "hello.test", 200);
  const old = await onlyWorker(first);
  await first.letGo();
  let running = true;
  const failures: unknown[] = [];
  const asking = (async () => {
    while (running) {
      const { status } = await get(probe.port, "hello.test").catch((error) => ({ status: error }));
      if (status !== 200) failures.push(status);
    }
  })();
  await using second = await site.start({ listen, secureCookies: true });
  assert.notEqual(await onlyWorker(second), old);
  await until(() => startTicksOf(old) === null, "the old one ends");
  running = false;
  await asking;
  assert.deepEqual(failures, []);
  const left = await readdir(site.folder);
  assert.equal(left.filter((name) => name.endsWith(".sock")).length, 1, left.join());
});

test("a port that is taken is refused at once and names its holder", async () => {
  await using site = await startSite();
  const { port } = site.backend.address() as AddressInfo;
  const startedMs = clock.steadyMs();
  await assert.rejects(site.start({ listen: [{ host: "127.0.0.1", port, tls: false }] }), (error) => {
    assert.ok(error instanceof ListenFailedError);
    assert.equal(error.code, "EADDRINUSE");
    assert.match(error.holder!, new RegExp(`\\(pid ${process.pid}\\)`));
    return true;
  });
  assert.ok(clock.steadyMs() - startedMs < 1_000);
});

test("an address that this machine does not have is an error, unless it may come later", async () => {
  await using site = await startSite();
  const missing = { host: "203.0.113.7", port: 8080, tls: false };
  await assert.rejects(site.start({ listen: [missing] }), { code: "EADDRNOTAVAIL" });
  const own = { host: "127.0.0.1", port: 0, tls: false };
  await using router = await site.start({ listen: [own, { ...missing, whenPresent: true }] });
  assert.equal(router.listeners.length, 1);
});

test("a TLS listener without a readable certificate fails in words", async () => {
  await using site = await startSite();
  const certificates = { certPem: `${site.folder}/none.pem`, keyPem: `${site.folder}/none.key` };
  const listen = [{ host: "127.0.0.1", port: 0, tls: true }];
  await assert.rejects(site.start({ listen, certificates }), /ENOENT/);
});

test("TLS clients are served with the platform's certificate, which can be exchanged while running", async () => {
  await using site = await startSite();
  const certificates = { certPem: `${site.folder}/cert.pem`, keyPem: `${site.folder}/key.pem` };
  const write = async (name: string): Promise<string> => {
    const { cert, key } = testCertificate(name);
    await writeFile(certificates.certPem, cert);
    await writeFile(certificates.keyPem, key);
    return cert;
  };
  let ca = await write("*.apps.test");
  await using router = await site.start({ listen: [{ host: "127.0.0.1", port: 0, tls: true }], certificates });
  await site.register("hello.apps.test");
  const { port } = router.listeners[0]!;
  const ask = (): Promise<{ status: number; body: string }> => get(port, "hello.apps.test", ca);
  await until(async () => (await ask()).body === "hello");
  assert.match(site.seen.at(-1)!, /x-forwarded-proto: https/);
  ca = await write("hello.apps.test");
  router.reloadCertificates();
  await until(async () => (await ask().catch(() => ({ status: 0 }))).status === 200);
});

test("the status port tells health to all and the routes to those who know the password", async () => {
  await using site = await startSite();
  const probe = await probePort("127.0.0.1", 0);
  assert.ok(probe.free);
  const statusCredentials = { user: "admin", password: "secret" };
  await using router = await site.start({ statusPort: probe.port, statusCredentials });
  await site.register("hello.test/path");
  await until(async () => (await router.stats(clock.deadline(2_000)))[0]?.routes === 1);
  const ask = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    await fetch(`http://127.0.0.1:${probe.port}${path}`, { headers });
  const health = await ask("/health");
  assert.deepEqual([health.status, await health.text()], [200, "ok\n"]);
  assert.equal((await ask("/routes")).status, 401);
  const authorization = `Basic ${Buffer.from("admin:secret").toString("base64")}`;
  const routes = (await (await ask("/routes", { authorization })).json()) as Record<string, { address: string }[]>;
  assert.match(routes["hello.test/path"]![0]!.address, /^127\.0\.0\.1:\d+$/);
});

test("several workers share the port and all know every route", async () => {
  await using site = await startSite();
  await using router = await site.start({ workers: 2 });
  await site.register("hello.test");
  await eventually(router, "hello.test", 200);
  assert.equal((await router.stats(clock.deadline(2_000))).length, 2);
  await until(async () => (await router.stats(clock.deadline(2_000))).every(({ routes }) => routes === 1));
  await until(async () => {
    await get(router.listeners[0]!.port, "hello.test");
    return (await router.stats(clock.deadline(2_000))).every(({ requests }) => requests > 0);
  }, "both get connections");
});

test("disposal stops the workers and leaves no files", async () => {
  await using site = await startSite();
  const router = await site.start();
  const worker = await onlyWorker(router);
  await router[Symbol.asyncDispose]();
  assert.equal(startTicksOf(worker), null);
  assert.deepEqual(
    (await readdir(site.folder)).filter((name) => !name.endsWith(".log") && name !== "cache"),
    [],
  );
});

test("a control socket that a killed worker has left, or that speaks nonsense, is no obstacle", async () => {
  await using site = await startSite();
  const first = await site.start();
  const worker = await onlyWorker(first);
  await first.letGo();
  process.kill(worker, "SIGKILL");
  await until(() => startTicksOf(worker) === null);
  await using second = await site.start();
  const sock = (await readdir(site.folder)).find((name) => name.endsWith(".sock"))!;
  const stranger = connect(`${site.folder}/${sock}`);
  stranger.resume();
  stranger.write("nonsense\n");
  await new Promise<void>((resolve) => stranger.on("close", () => resolve()));
  await site.register("hello.test");
  await eventually(second, "hello.test", 200);
});

interface Site extends AsyncDisposable {
  readonly folder: string;
  readonly nats: NatsServer;
  readonly backend: Server;
  readonly envelopes: LogEnvelope[];
  /** Header lines of each request that the backend got. */
  readonly seen: string[];
  start(config?: Partial<GorouterConfig>): Promise<Gorouter>;
  publish(subject: string, uri: string): void;
  register(uri: string): Promise<void>;
}

async function startSite(): Promise<Site> {
  const folder = await mkdtemp("/tmp/ingot-router-");
  const random = systemRandom();
  const log = silentLog();
  const nats = await startNatsServer({}, { clock, random, log });
  const envelopes: LogEnvelope[] = [];
  const seen: string[] = [];
  const backend = createServer((incoming, response) => {
    seen.push(
      Object.entries(incoming.headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join("\n"),
    );
    response.end("hello");
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  const { port } = backend.address() as AddressInfo;
  const deps = {
    clock,
    random,
    log,
    bus: nats.bus,
    agent: { emit: (envelope: LogEnvelope) => void envelopes.push(envelope) } as { emit(envelope: unknown): void },
    spawn: detachedSpawn(folder, `${folder}/cache`),
  };
  const publish = (subject: string, uri: string): void =>
    nats.bus.publish(
      subject,
      JSON.stringify({
        host: "127.0.0.1",
        port,
        uris: [uri],
        app: APP,
        private_instance_id: "i1",
        tags: { app_name: "hello" },
      }),
    );
  return {
    folder,
    nats,
    backend,
    envelopes,
    seen,
    publish,
    start: (config = {}) =>
      startGorouter(
        { stateRun: folder, listen: [{ host: "127.0.0.1", port: 0, tls: false }], drainTimeoutMs: 3_000, ...config },
        deps,
      ),
    register: async (uri) => publish("router.register", uri),
    [Symbol.asyncDispose]: async () => {
      await nats[Symbol.asyncDispose]();
      backend.closeAllConnections();
      backend.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function onlyWorker(router: Gorouter): Promise<number> {
  const [stats] = await router.stats(clock.deadline(5_000));
  assert.ok(stats !== undefined);
  return stats.pid;
}

async function eventually(router: Gorouter, host: string, status: number): Promise<{ status: number; body: string }> {
  let last = { status: 0, body: "" };
  await until(async () => {
    last = await get(router.listeners[0]!.port, host).catch(() => last);
    return last.status === status;
  }, `${host} answers ${status}`);
  return last;
}

async function until(condition: () => boolean | Promise<boolean>, what = "condition"): Promise<void> {
  const limit = clock.deadline(10_000);
  while (!(await condition())) {
    if (limit.aborted) throw new Error(`not in time: ${what}`);
    await clock.sleep(10);
  }
}

async function get(port: number, host: string, ca?: string): Promise<{ status: number; body: string }> {
  return await new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", headers: { host }, agent: false };
    const outgoing = ca === undefined ? request(options) : tlsRequest({ ...options, ca, servername: host });
    outgoing.on("response", (incoming) => {
      let body = "";
      incoming.on("data", (chunk) => {
        body += chunk;
      });
      incoming.on("end", () => resolve({ status: incoming.statusCode!, body }));
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
