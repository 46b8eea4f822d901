import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { EventHub } from "../../kit/event-hub.ts";
import { silentLog } from "../../kit/log.ts";
import type { Message, MessageBus } from "../../kit/messages.ts";
import { systemRandom } from "../../kit/random-system.ts";
import type { ActualLrp, DesiredLrp, LrpEvent } from "../../protocol/lrp.ts";
import type { RouteMessage } from "../../protocol/route-message.ts";
import type { BbsClient } from "../bbs/client.ts";
import { startRouteEmitter } from "./route-emitter.ts";

const greeting = JSON.stringify({
  id: "r",
  hosts: [],
  minimumRegisterIntervalInSeconds: 20,
  pruneThresholdInSeconds: 120,
});

class Bus implements MessageBus {
  readonly sent: { readonly subject: string; readonly message: RouteMessage }[] = [];
  readonly #handlers = new Map<string, (message: Message) => void>();
  routerAnswers = true;

  publish(subject: string, data: Uint8Array | string): void {
    this.sent.push({ subject, message: JSON.parse(String(data)) as RouteMessage });
  }

  subscribe(subject: string, handler: (message: Message) => void): { unsubscribe(): void } {
    this.#handlers.set(subject, handler);
    return { unsubscribe: () => void this.#handlers.delete(subject) };
  }

  async request(subject: string, _data: Uint8Array | string, signal: AbortSignal): Promise<Message> {
    if (subject === "router.greet" && this.routerAnswers) return message(greeting);
    return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }

  deliver(subject: string, text: string): void {
    this.#handlers.get(subject)?.(message(text));
  }

  told(): string[] {
    return this.sent.map(({ subject, message: { uris, host } }) => `${subject} ${uris[0]} ${host}`);
  }
}

const message = (text: string): Message => ({ subject: "", reply: "", data: new TextEncoder().encode(text) });

const desired = {
  processGuid: "p",
  domain: "cf-apps",
  instances: 2,
  routes: { "cf-router": [{ hostnames: ["a.test"], port: 8080 }] },
  logGuid: "app-1",
  metricTags: {},
  modificationTag: { epoch: "d", index: 0 },
} as unknown as DesiredLrp;

const running = (index: number): ActualLrp =>
  ({
    key: { processGuid: "p", index, domain: "cf-apps" },
    instanceKey: { instanceGuid: `i-${index}`, cellId: "c" },
    netInfo: {
      address: "h",
      ports: [{ containerPort: 8080, hostPort: 1 }],
      instanceAddress: `10.0.0.${index}`,
      preferredAddress: "INSTANCE",
    },
    state: "RUNNING",
    routable: true,
    sinceNs: 5n,
    presence: "ORDINARY",
    modificationTag: { epoch: `e-${index}`, index: 0 },
  }) as unknown as ActualLrp;

interface BbsState {
  desired: DesiredLrp[];
  actual: ActualLrp[];
  fresh?: string[];
  broken?: boolean;
  readings?: number;
}

async function setUp(t: TestContext, state: BbsState) {
  const hub = new EventHub<LrpEvent>();
  const bus = new Bus();
  const bbs = {
    lrpEvents: (signal: AbortSignal) => hub.subscribe(signal),
    desiredLrps: async () => {
      state.readings = (state.readings ?? 0) + 1;
      if (state.broken) throw new Error("no BBS");
      return state.desired;
    },
    actualLrps: async () => state.actual,
    domains: async () => state.fresh ?? ["cf-apps"],
  } as unknown as BbsClient;
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const start = (config = {}) =>
    startRouteEmitter(config, { clock: systemClock(), random: systemRandom(), log: silentLog(), bbs, bus, pause });
  t.after(() => hub.close());
  return { hub, bus, start };
}

async function eventually(look: () => boolean, what: string): Promise<void> {
  const clock = systemClock();
  const endMs = clock.steadyMs() + 4_000;
  while (!look()) {
    if (clock.steadyMs() > endMs) throw new Error(`never came: ${what}`);
    await clock.sleep(2);
  }
}

test("what runs at the start is registered, an event registers at once, a removal unregisters", async (t) => {
  const { hub, bus, start } = await setUp(t, { desired: [desired], actual: [running(0)] });
  await using emitter = await start();
  await emitter.synced;
  assert.ok(bus.told().includes("router.register a.test 10.0.0.0"));
  hub.publish({ kind: "actual_lrp_instance_created", actualLrp: running(1) });
  await eventually(() => bus.told().includes("router.register a.test 10.0.0.1"), "registration");
  hub.publish({ kind: "actual_lrp_instance_removed", actualLrp: running(0) });
  await eventually(() => bus.told().includes("router.unregister a.test 10.0.0.0"), "unregistration");
});

test("a router that starts is told everything", async (t) => {
  const { bus, start } = await setUp(t, { desired: [desired], actual: [running(0), running(1)] });
  await using emitter = await start();
  await emitter.synced;
  await eventually(() => bus.sent.length >= 4, "first registration and answer to the greeting");
  bus.sent.length = 0;
  bus.deliver("router.start", greeting);
  await eventually(() => bus.sent.length === 2, "all routes");
  bus.deliver("router.start", "no json");
});

test("all is said only after a reading with fresh domains, and never while the BBS cannot be read", async (t) => {
  const state = { desired: [desired], actual: [running(0)], fresh: [] as string[], broken: true, readings: 0 };
  const { bus, start } = await setUp(t, state);
  await using emitter = await start();
  let complete = false;
  void emitter.complete.then(
    () => {
      complete = true;
    },
    () => undefined,
  );
  await eventually(() => state.readings > 0, "a reading that fails");
  assert.equal(complete, false);
  state.broken = false;
  await emitter.synced;
  await eventually(() => bus.told().includes("router.register a.test 10.0.0.0"), "registration");
  assert.equal(complete, false, "the domain is not fresh");
  state.fresh = ["cf-apps"];
  await emitter.complete;
});

test("an instance whose routes nobody has told of makes the emitter ask", async (t) => {
  const state = { desired: [] as DesiredLrp[], actual: [] as ActualLrp[] };
  const { hub, bus, start } = await setUp(t, state);
  await using emitter = await start();
  await emitter.synced;
  state.desired = [desired];
  hub.publish({ kind: "actual_lrp_instance_created", actualLrp: running(0) });
  await eventually(() => bus.told().includes("router.register a.test 10.0.0.0"), "registration");
});

test("a broken event stream is opened again and the state read anew", async (t) => {
  const state = { desired: [desired], actual: [] as ActualLrp[] };
  const { hub, bus, start } = await setUp(t, state);
  await using emitter = await start();
  await emitter.synced;
  state.actual = [running(0)];
  hub.close();
  await eventually(() => bus.told().includes("router.register a.test 10.0.0.0"), "registration");
});

test("unregistrations are repeated until the endpoint is registered again", async (t) => {
  const { hub, bus, start } = await setUp(t, { desired: [desired], actual: [running(0)] });
  await using emitter = await start({ unregistrationIntervalMs: 10, unregistrationSendCount: 3 });
  await emitter.synced;
  hub.publish({ kind: "actual_lrp_instance_removed", actualLrp: running(0) });
  const count = (): number => bus.told().filter((line) => line === "router.unregister a.test 10.0.0.0").length;
  await eventually(() => count() === 4, "three repetitions");
});
