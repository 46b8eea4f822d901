import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { detailOf, guidOf, related, ServicesWorld } from "../../testing/services-world.ts";

let world: ServicesWorld;
let made = 0;
const BINDING = /\/service_bindings\/[^/]+$/;

before(async () => {
  world = await ServicesWorld.boot();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.broker.rules = [];
});

async function newSpace(): Promise<string> {
  const body = { name: `space-${++made}`, ...related({ organization: world.organization }) };
  return guidOf(await world.call("POST", "/v3/spaces", body));
}

const sharesOf = (instance: string): string => `/v3/service_instances/${instance}/relationships/shared_spaces`;
const share = (instance: string, ...spaces: readonly string[]) =>
  world.call("POST", sharesOf(instance), { data: spaces.map((guid) => ({ guid })) });

test("apps of another space bind what is shared with them, until it is unshared", async () => {
  const friend = await newSpace();
  const name = `db-${++made}`;
  const instance = await world.instance(name);
  const app = guidOf(await world.call("POST", "/v3/apps", { name: "friendly", ...related({ space: friend }) }));
  assert.equal(
    detailOf(await world.bindApp(instance, {}, app)),
    "The service instance and the app are in different spaces",
  );
  assert.equal((await share(instance, friend)).status, 200);
  await world.done(await world.bindApp(instance, {}, app));
  const usage = await world.call("GET", `${sharesOf(instance)}/usage_summary`);
  assert.deepEqual((usage.body as { usage_summary: object[] }).usage_summary, [
    { space: { guid: friend }, bound_app_count: 1 },
  ]);
  const shown = await world.call(
    "GET",
    `${sharesOf(instance)}?fields[space]=guid,name&fields[space.organization]=name`,
  );
  assert.deepEqual((shown.body as { included: object }).included, {
    spaces: [{ guid: friend, name: `space-${made - 1}` }],
    organizations: [{ name: "org" }],
  });
  assert.equal(
    detailOf(await world.call("PATCH", `/v3/service_instances/${instance}`, { name: "renamed" })),
    "Service instances that have been shared cannot be renamed",
  );
  const off = world.broker.rule("DELETE", BINDING, { status: 500, body: { description: "no" } });
  const refused = await world.call("DELETE", `${sharesOf(instance)}/${friend}`);
  assert.equal(refused.status, 502);
  assert.match(detailOf(refused), /^Unshare of service instance failed: .*Service broker error: no/s);
  off();
  assert.equal((await world.call("DELETE", `${sharesOf(instance)}/${friend}`)).status, 204);
  assert.deepEqual(await world.bindings(instance), []);
  assert.deepEqual((await world.events(instance)).slice(-2), [
    "audit.service_instance.share",
    "audit.service_instance.unshare",
  ]);
});

test("an unbinding that takes long keeps the share and says so", async () => {
  const friend = await newSpace();
  const instance = await world.instance(`db-${++made}`);
  const app = guidOf(await world.call("POST", "/v3/apps", { name: `app-${made}`, ...related({ space: friend }) }));
  await share(instance, friend);
  await world.done(await world.bindApp(instance, {}, app));
  world.broker.rule("DELETE", BINDING, { status: 202, body: {} });
  world.broker.rule("GET", /last_operation$/, { status: 200, body: { state: "in progress" } });
  assert.match(
    detailOf(await world.call("DELETE", `${sharesOf(instance)}/${friend}`)),
    /is being deleted asynchronously/,
  );
});

test("what cannot be shared is refused in the field's words", async () => {
  const friend = await newSpace();
  const name = `db-${++made}`;
  const instance = await world.instance(name);
  const proxy = await world.instance(`proxy-${++made}`, "filter");
  const logs = await world.instance(`logs-${++made}`, "drain");
  const own = guidOf(
    await world.call("POST", "/v3/service_instances", {
      type: "user-provided",
      name: `ups-${++made}`,
      ...related({ space: world.space }),
    }),
  );
  assert.equal(detailOf(await share(proxy, friend)), "Route services cannot be shared.");
  assert.equal(detailOf(await share(own, friend)), "User-provided services cannot be shared.");
  assert.equal(detailOf(await share(logs, friend)), "The logs service does not support service instance sharing.");
  assert.match(detailOf(await share(instance, world.space)), /cannot be shared into the space where they were created/);
  assert.match(detailOf(await share(instance, "nowhere")), /Ensure the spaces exist and that you have access to them/);
  await share(instance, friend);
  assert.match(detailOf(await share(instance, friend)), /has already been shared with/);
  const clash = await world.ask(name, "small", related({ space: friend, service_plan: world.plan("small") }));
  assert.equal(detailOf(clash), `The service instance name is taken: ${name}.`);
  await world.call("PATCH", "/v3/feature_flags/service_instance_sharing", { enabled: false });
  assert.equal(detailOf(await share(instance, friend)), "Feature Disabled: service_instance_sharing");
  await world.call("PATCH", "/v3/feature_flags/service_instance_sharing", { enabled: true });
});

test("who may only read the other space sees the instance and changes nothing", async () => {
  const friend = await newSpace();
  const instance = await world.instance(`db-${++made}`);
  await share(instance, friend);
  await world.cc.token("fred");
  const role = (type: string, place: object) =>
    world.call("POST", "/v3/roles", { type, relationships: { user: { data: { username: "fred" } }, ...place } });
  await role("organization_user", { organization: { data: { guid: world.organization } } });
  await role("space_developer", { space: { data: { guid: friend } } });
  const fred = await world.cc.as("fred");
  const path = `/v3/service_instances/${instance}`;
  assert.equal((await fred("GET", path)).status, 200);
  assert.deepEqual((await fred("GET", `${path}/permissions`)).body, { manage: false, read: true });
  assert.equal((await fred("PATCH", path, { tags: [] })).status, 403);
  assert.equal((await fred("DELETE", path)).status, 403);
  assert.equal((await fred("DELETE", `${sharesOf(instance)}/${friend}`)).status, 403);
  assert.equal((await world.askKey(instance, "k")).status, 202);
  const fredKey = await fred("POST", "/v3/service_credential_bindings", {
    type: "key",
    name: "f",
    ...related({ service_instance: instance }),
  });
  assert.equal(fredKey.status, 403);
});
