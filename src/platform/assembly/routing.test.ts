import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { test } from "node:test";
import type { BbsClient } from "../../diego/bbs/client.ts";
import { systemClock } from "../../kit/clock-system.ts";
import { EventHub } from "../../kit/event-hub.ts";
import { silentLog } from "../../kit/log.ts";
import { systemRandom } from "../../kit/random-system.ts";
import type { ActualLrp, DesiredLrp, LrpEvent } from "../../protocol/lrp.ts";
import { detachedSpawn, type Gorouter, startGorouter } from "../../routing/gorouter/index.ts";
import { newAssembly } from "./assembly.ts";
import { startBus, startRoutes } from "./routing.ts";

const clock = systemClock();

test("an app that was deleted while the platform died answers 404 after the next start, the others never stop", async () => {
  await using site = await startSite();
  site.apps = ["stays", "deleted"];
  const first = await site.boot();
  await site.eventually("stays", 200);
  await site.eventually("deleted", 200);
  await first.die();
  site.apps = ["stays"]; // removed from the BBS; the death came before the route was taken back
  assert.equal((await site.get("deleted")).status, 200, "nobody has told the worker");
  const bad: number[] = [];
  const watching = new AbortController();
  const watch = (async () => {
    while (!watching.signal.aborted) {
      const { status } = await site.get("stays");
      if (status !== 200) bad.push(status);
    }
  })();
  site.isReadable = false;
  const second = await site.boot();
  await clock.sleep(300); // what could not be read must not be taken for empty
  assert.equal((await site.get("deleted")).status, 200);
  site.isReadable = true;
  await site.eventually("deleted", 404);
  watching.abort();
  await watch;
  assert.deepEqual(bad, []);
  assert.deepEqual(
    second.router
      .routes()
      .flatMap(({ uris }) => uris)
      .sort(),
    ["api.test", "stays.test"],
  );
  await second.stop();
});

interface Boot {
  readonly router: Gorouter;
  /** As kill -9 does it: no route is taken back, the worker stays. */
  die(): Promise<void>;
  stop(): Promise<void>;
}

interface Site extends AsyncDisposable {
  /** What the BBS holds, each running. */
  apps: readonly string[];
  isReadable: boolean;
  boot(): Promise<Boot>;
  get(app: string): Promise<{ readonly status: number }>;
  eventually(app: string, status: number): Promise<void>;
}

async function startSite(): Promise<Site> {
  const folder = await mkdtemp("/tmp/ingot-routes-");
  const backend = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
  });
  await new Promise<void>((resolve) => backend.listen(0, "0.0.0.0", resolve));
  const { port } = backend.address() as { port: number };
  let routerPort = 0;
  const site: Site = {
    apps: [],
    isReadable: true,
    boot: async () => {
      const cleanup = new AsyncDisposableStack();
      const deps = { clock, random: systemRandom(), log: silentLog() };
      const assembly = newAssembly({} as never, deps as never, cleanup);
      const { bus } = await startBus(assembly);
      const router = await startGorouter(
        { stateRun: folder, listen: [{ host: "127.0.0.1", port: 0, tls: false }] },
        { ...deps, bus, agent: { emit: () => undefined } as never, spawn: detachedSpawn(folder, `${folder}/cache`) },
      );
      routerPort = router.listeners[0]!.port;
      const hub = new EventHub<LrpEvent>();
      const bbs = {
        lrpEvents: (signal: AbortSignal) => hub.subscribe(signal),
        desiredLrps: async () => {
          if (!site.isReadable) throw new Error("no BBS");
          return site.apps.map(desiredLrp);
        },
        actualLrps: async () => site.apps.map((app, index) => actualLrp(app, port, index)),
        domains: async () => ["cf-apps"],
      } as unknown as BbsClient;
      const components = [{ name: "api", uris: ["api.test"], host: "127.0.0.1", port }];
      await startRoutes(assembly, { router, bus, bbs, components });
      return {
        router,
        die: async () => {
          await router.letGo();
          await cleanup.disposeAsync();
        },
        stop: async () => {
          await cleanup.disposeAsync();
          await router[Symbol.asyncDispose]();
        },
      };
    },
    get: (app) =>
      new Promise((resolve, reject) => {
        const headers = { host: `${app}.test` };
        const outgoing = request({ host: "127.0.0.1", port: routerPort, headers, agent: false }, (incoming) => {
          incoming.resume();
          incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0 }));
        });
        outgoing.on("error", reject);
        outgoing.end();
      }),
    eventually: async (app, status) => {
      const limit = clock.deadline(10_000);
      while ((await site.get(app)).status !== status) {
        if (limit.aborted) throw new Error(`${app} does not answer ${status}`);
        await clock.sleep(10);
      }
    },
    [Symbol.asyncDispose]: async () => {
      backend.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return site;
}

function desiredLrp(app: string): DesiredLrp {
  return {
    processGuid: app,
    domain: "cf-apps",
    instances: 1,
    routes: { "cf-router": [{ hostnames: [`${app}.test`], port: 8080 }] },
    logGuid: app,
    metricTags: {},
    modificationTag: { epoch: `d-${app}`, index: 0 },
  } as unknown as DesiredLrp;
}

/** Each on an address of its own. */
function actualLrp(app: string, port: number, index: number): ActualLrp {
  return {
    key: { processGuid: app, index: 0, domain: "cf-apps" },
    instanceKey: { instanceGuid: `i-${app}`, cellId: "c" },
    netInfo: {
      address: `127.0.1.${index + 1}`,
      ports: [{ containerPort: 8080, hostPort: port }],
      instanceAddress: "",
      preferredAddress: "HOST",
    },
    state: "RUNNING",
    routable: true,
    sinceNs: 5n,
    presence: "ORDINARY",
    modificationTag: { epoch: `a-${app}`, index: 0 },
  } as unknown as ActualLrp;
}
