import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FakeBroker } from "../../src/capi/cloud-controller/testing/fake-broker.ts";
import { OFFERINGS } from "../../src/capi/cloud-controller/testing/services-world.ts";
import { type BootedIngot, bootIngot, eventually } from "./boot-ingot.ts";

const DORA = join(import.meta.dirname, "..", "apps", "dora");
const HOST = "dora.apps.cf.localhost";
const LAST_OPERATION = /\/last_operation$/;

let ingot: BootedIngot;
let broker: FakeBroker;
let space: string;
let app: string;

before(async () => {
  broker = await FakeBroker.start(OFFERINGS.filter(({ name }) => name === "db"));
  ingot = await bootIngot();
  await ingot.login();
  await ingot.cfOk("push", "dora", "-p", DORA);
  const apps = await read("/v3/apps?names=dora");
  app = apps.resources[0]!.guid;
  space = apps.resources[0]!.relationships!["space"]!.data.guid;
  await write("POST", "/v3/service_brokers", {
    name: "broker",
    url: broker.url,
    authentication: { type: "basic", credentials: { username: "cc", password: "secret" } },
  });
  const plans = await eventually(async () => {
    const { resources } = await read("/v3/service_plans");
    assert.ok(resources.length > 0);
    return resources;
  });
  for (const { guid } of plans) await write("PATCH", `/v3/service_plans/${guid}/visibility`, { type: "public" });
});
after(async () => {
  await ingot?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
});

interface Shown {
  readonly guid: string;
  readonly relationships?: Record<string, { data: { guid: string } }>;
  readonly last_operation?: { readonly type: string; readonly state: string };
}

async function read(path: string): Promise<{ resources: Shown[] }> {
  return JSON.parse(await ingot.cfOk("curl", path)) as { resources: Shown[] };
}

async function write(method: string, path: string, body?: object): Promise<string> {
  return ingot.cfOk("curl", "--fail", path, "-X", method, ...(body === undefined ? [] : ["-d", JSON.stringify(body)]));
}

async function become(path: string, state: string): Promise<Shown> {
  return eventually(async () => {
    const [shown] = (await read(path)).resources;
    assert.equal(shown?.last_operation?.state, state);
    return shown!;
  }, 60_000);
}

const related = (guids: Readonly<Record<string, string>>): object => ({
  relationships: Object.fromEntries(Object.entries(guids).map(([kind, guid]) => [kind, { data: { guid } }])),
});

async function planGuid(name: string): Promise<string> {
  return (await read(`/v3/service_plans?names=${name}`)).resources[0]!.guid;
}

async function vcapServices(): Promise<Record<string, { readonly credentials: unknown; readonly plan: string }[]>> {
  const { body } = await ingot.get(HOST, "/env");
  return JSON.parse((JSON.parse(body) as { VCAP_SERVICES: string }).VCAP_SERVICES);
}

test("an app gets what a broker gave it, at its next start, and loses it again", async () => {
  const instance = { type: "managed", name: "mine", ...related({ space, service_plan: await planGuid("small") }) };
  await write("POST", "/v3/service_instances", instance);
  const { guid } = await become("/v3/service_instances?names=mine", "succeeded");
  const binding = { type: "app", ...related({ service_instance: guid, app }) };
  await write("POST", "/v3/service_credential_bindings", binding);
  const bound = await become(`/v3/service_credential_bindings?app_guids=${app}`, "succeeded");
  assert.deepEqual(await vcapServices(), {});
  await ingot.cfOk("restart", "dora");
  const [service] = (await vcapServices())["db"]!;
  assert.deepEqual([service?.plan, service?.credentials], ["small", { user: bound.guid }]);
  assert.match(await ingot.cfOk("services"), /mine\s+db\s+small\s+dora\s+create succeeded\s+broker/);
  await write("DELETE", `/v3/service_credential_bindings/${bound.guid}`);
  await write("DELETE", `/v3/service_instances/${guid}`);
  await eventually(async () => assert.deepEqual((await read("/v3/service_instances?names=mine")).resources, []));
  await ingot.cfOk("restart", "dora");
  assert.deepEqual(await vcapServices(), {});
});

test("kill -9 in the middle of a broker's work: what was asked for is there in the end, and asked for once", async () => {
  let isDone = false;
  broker.rule("PUT", /\/v2\/service_instances\/[^/]+$/, { status: 202, body: { operation: "slow" } });
  broker.rule("GET", LAST_OPERATION, () => ({ status: 200, body: { state: isDone ? "succeeded" : "in progress" } }));
  const instance = { type: "managed", name: "slow", ...related({ space, service_plan: await planGuid("small") }) };
  await write("POST", "/v3/service_instances", instance);
  const { guid } = await become("/v3/service_instances?names=slow", "in progress");
  await eventually(async () => assert.ok(broker.asked("GET", LAST_OPERATION).length > 0));
  await ingot.kill();
  isDone = true;
  await ingot.up();
  await become("/v3/service_instances?names=slow", "succeeded");
  assert.equal(broker.asked("PUT", new RegExp(`${guid}$`)).length, 1);
});

test("kill -9 while a broker hangs: the request is sent again at the next start", async () => {
  broker.rules = [];
  const stuck = broker.rule("PUT", /\/v2\/service_instances\/[^/]+$/, "hang");
  const instance = { type: "managed", name: "stuck", ...related({ space, service_plan: await planGuid("small") }) };
  await write("POST", "/v3/service_instances", instance);
  const { guid } = await become("/v3/service_instances?names=stuck", "initial");
  const asked = () => broker.asked("PUT", new RegExp(`${guid}$`)).length;
  await eventually(async () => assert.equal(asked(), 1));
  await ingot.kill();
  stuck();
  await ingot.up();
  await become("/v3/service_instances?names=stuck", "succeeded");
  assert.equal(asked(), 2);
  assert.ok(broker.holds.has(guid));
});
