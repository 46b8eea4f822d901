import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { systemClock } from "../../../../kit/clock-system.ts";
import { socketHttpClient } from "../../../../kit/http-client.ts";
import { systemRandom } from "../../../../kit/random-system.ts";
import { createBrokerClient, DEFAULT_BROKER_LIMITS } from "../../../../services/broker-client/index.ts";
import type { Answer } from "../../testing/boot-cc.ts";
import type { BrokerReply } from "../../testing/fake-broker.ts";
import { ServicesWorld } from "../../testing/services-world.ts";

/** What a broker may do instead of answering, and what its users then read. */
const REPLIES: readonly (readonly [string, BrokerReply, RegExp])[] = [
  ["hangs", "hang", /timed out/],
  ["sends HTML", { status: 200, body: "<html><body>It works!</body></html>" }, /expected valid JSON object in body/],
  ["sends a list", { status: 200, body: [] as object }, /expected valid JSON object in body/],
  ["sends 10 MB", { status: 201, body: "x".repeat(10_000_000) }, /invalid response/],
  ["redirects", { status: 302, body: "", headers: { location: "http://169.254.169.254/" } }, /302 Found/],
  ["answers 401", { status: 401, body: {} }, /Authentication with the service broker failed/],
  ["answers 422", { status: 422, body: { description: "no way" } }, /no way/],
  ["answers 500", { status: 500, body: { description: "burning" } }, /burning/],
];
const INSTANCE = /^\/v2\/service_instances\/[^/]+$/;
const BINDING = /\/service_bindings\/[^/]+$/;

let world: ServicesWorld;
before(async () => {
  const limits = { ...DEFAULT_BROKER_LIMITS, timeoutMs: 400, apiInfoLocation: "api" };
  const brokers = createBrokerClient(limits, {
    http: socketHttpClient(),
    clock: systemClock(),
    random: systemRandom(),
  });
  world = await ServicesWorld.boot({ brokers });
});
after(() => world?.[Symbol.asyncDispose]());
afterEach(() => {
  world.broker.rules = [];
});

async function failed(answer: Answer, text: RegExp): Promise<void> {
  assert.match(await world.failure(answer), text);
}

/** Until the broker was asked to forget what it may have made. */
async function deletedAtBroker(path: RegExp): Promise<void> {
  while (world.broker.asked("DELETE", path).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

let count = 0;
for (const [what, reply, text] of REPLIES) {
  const name = `instance-${count++}`;
  test(`a broker that ${what} while it provisions leaves a failed instance that can be deleted`, async () => {
    const { broker } = world;
    const off = broker.rule("PUT", INSTANCE, reply);
    await failed(await world.ask(name), text);
    off();
    const guid = await world.find(name);
    assert.deepEqual((await world.show(guid)).last_operation.state, "failed");
    const leavesOrphan = ["hangs", "sends 10 MB", "redirects", "answers 422", "answers 500"].includes(what);
    if (leavesOrphan) await deletedAtBroker(new RegExp(guid));
    await world.done(await world.call("DELETE", `/v3/service_instances/${guid}`));
  });

  test(`a broker that ${what} while it binds leaves no credentials`, async () => {
    const { broker } = world;
    const guid = await world.instance(`${name}-bound`);
    const off = broker.rule("PUT", BINDING, reply);
    await failed(await world.askKey(guid, "key"), text);
    off();
    const [binding] = await world.bindings(guid);
    assert.equal(binding?.last_operation.state, "failed");
    const details = await world.call("GET", `/v3/service_credential_bindings/${binding!.guid}/details`);
    assert.equal(details.status, 404);
    await world.done(await world.call("DELETE", `/v3/service_credential_bindings/${binding!.guid}`));
    await world.done(await world.call("DELETE", `/v3/service_instances/${guid}`));
  });

  test(`a broker that ${what} while it deletes keeps the instance until it behaves`, async () => {
    const { broker } = world;
    const guid = await world.instance(`${name}-kept`);
    const off = broker.rule("DELETE", INSTANCE, reply);
    await failed(await world.call("DELETE", `/v3/service_instances/${guid}`), text);
    off();
    const { last_operation: operation } = await world.show(guid);
    assert.deepEqual([operation.type, operation.state], ["delete", "failed"]);
    await world.done(await world.call("DELETE", `/v3/service_instances/${guid}`));
  });
}

test("410 on deletion is success", async () => {
  const guid = await world.instance("gone");
  world.broker.rule("DELETE", INSTANCE, { status: 410, body: {} });
  await world.done(await world.call("DELETE", `/v3/service_instances/${guid}`));
});
