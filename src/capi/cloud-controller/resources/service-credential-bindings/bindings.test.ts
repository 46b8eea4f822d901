import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Binding, detailOf, guidOf, related, ServicesWorld, until } from "../../testing/services-world.ts";

let world: ServicesWorld;
let made = 0;
const fresh = (prefix = "thing"): string => `${prefix}-${++made}`;
const BINDING = /\/service_bindings\/[^/]+$/;
const LAST_OPERATION = /\/service_bindings\/[^/]+\/last_operation$/;

before(async () => {
  world = await ServicesWorld.boot();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.broker.rules = [];
});

async function newApp(space = world.space): Promise<string> {
  return guidOf(await world.call("POST", "/v3/apps", { name: fresh("app"), ...related({ space }) }));
}

async function only(instance: string): Promise<Binding> {
  const [binding] = await world.bindings(instance);
  return binding ?? assert.fail("no binding");
}

async function vcapServices(app: string): Promise<Record<string, Record<string, unknown>[]>> {
  const { body } = await world.call("GET", `/v3/apps/${app}/env`);
  return (body as { system_env_json: { VCAP_SERVICES: Record<string, Record<string, unknown>[]> } }).system_env_json
    .VCAP_SERVICES;
}

test("an app sees in VCAP_SERVICES what the broker gave it", async () => {
  const app = await newApp();
  const name = fresh("db");
  const instance = await world.instance(name, "small", { tags: ["mine"] });
  await world.done(await world.bindApp(instance, { name: "primary", parameters: { role: "rw" } }, app));
  const binding = await only(instance);
  assert.deepEqual(await vcapServices(app), {
    db: [
      {
        label: "db",
        provider: null,
        plan: "small",
        name: "primary",
        tags: ["relational", "mine"],
        instance_guid: instance,
        instance_name: name,
        binding_guid: binding.guid,
        binding_name: "primary",
        credentials: { user: binding.guid },
        syslog_drain_url: null,
        volume_mounts: [],
      },
    ],
  });
  const [asked] = world.broker.asked("PUT", new RegExp(binding.guid));
  const { context: _, ...body } = asked!.body;
  assert.deepEqual(body, {
    service_id: "db",
    plan_id: "small",
    app_guid: app,
    bind_resource: { app_guid: app, space_guid: world.space, app_annotations: {} },
    parameters: { role: "rw" },
  });
  const details = await world.call("GET", `/v3/service_credential_bindings/${binding.guid}/details`);
  assert.deepEqual(details.body, { credentials: { user: binding.guid } });
  await world.done(await world.call("DELETE", `/v3/service_credential_bindings/${binding.guid}`));
  assert.deepEqual(await vcapServices(app), {});
  assert.deepEqual(await world.events(binding.guid), [
    "audit.service_binding.create",
    "audit.service_binding.show",
    "audit.service_binding.delete",
  ]);
});

test("an asynchronous binding is fetched when it is ready; until then nobody sees it", async () => {
  const { broker } = world;
  const app = await newApp();
  const instance = await world.instance(fresh("db"));
  let isDone = false;
  broker.rule("PUT", BINDING, { status: 202, body: { operation: "b" } });
  broker.rule("GET", LAST_OPERATION, () => ({
    status: 200,
    body: { state: isDone ? "succeeded" : "in progress", description: "soon" },
  }));
  broker.rule("GET", BINDING, { status: 200, body: { credentials: { late: true }, parameters: { p: 1 } } });
  const answer = await world.bindApp(instance, {}, app);
  const { guid } = await only(instance);
  await until(() => broker.asked("GET", new RegExp(`${guid}/last`)).length > 0);
  assert.deepEqual(await vcapServices(app), {});
  const path = `/v3/service_credential_bindings/${guid}`;
  assert.equal(detailOf(await world.call("GET", `${path}/details`)), "Creation of service binding in progress");
  assert.equal(
    detailOf(await world.bindApp(instance, { strategy: "multiple" }, app)),
    `There is already a binding in progress for this service instance and app (binding guid: ${guid})`,
  );
  await world.cc.restart();
  isDone = true;
  await world.done(answer);
  assert.equal(broker.asked("PUT", new RegExp(guid)).length, 1);
  assert.deepEqual((await vcapServices(app))["db"]?.[0]?.["credentials"], { late: true });
  assert.deepEqual((await world.call("GET", `${path}/parameters`)).body, { p: 1 });
});

test("a failed binding is shown, given back to the broker, and makes room for the next", async () => {
  const app = await newApp();
  const instance = await world.instance(fresh("db"));
  const off = world.broker.rule("PUT", BINDING, { status: 500, body: { description: "full" } });
  assert.equal(
    await world.failure(await world.bindApp(instance, {}, app)),
    "bind could not be completed: Service broker error: full",
  );
  const first = await only(instance);
  assert.deepEqual(
    [first.last_operation.state, first.last_operation.description],
    ["failed", "Service broker error: full"],
  );
  await until(() => world.broker.asked("DELETE", new RegExp(first.guid)).length === 1);
  off();
  await world.done(await world.bindApp(instance, {}, app));
  const second = await only(instance);
  assert.notEqual(second.guid, first.guid);
});

test("an asynchronous binding that cannot be fetched is refused", async () => {
  const app = await newApp();
  const instance = await world.instance(fresh("logs"), "drain");
  world.broker.rule("PUT", BINDING, { status: 202, body: {} });
  assert.equal(
    await world.failure(await world.bindApp(instance, {}, app)),
    "The service binding is invalid: The broker responded asynchronously but does not support fetching binding data",
  );
});

test("drains are for services that say so", async () => {
  const [app, other] = [await newApp(), await newApp()];
  const logs = await world.instance(fresh("logs"), "drain");
  world.broker.rule("PUT", BINDING, { status: 201, body: { credentials: {}, syslog_drain_url: "syslog://a,b" } });
  await world.done(await world.bindApp(logs, {}, app));
  assert.equal((await vcapServices(app))["logs"]?.[0]?.["syslog_drain_url"], "syslog://a%2cb");
  const db = await world.instance(fresh("db"));
  assert.match(await world.failure(await world.bindApp(db, {}, other)), /is not registered as a logging service/);
  const disk = await world.instance(fresh("disk"), "nfs");
  assert.equal(detailOf(await world.bindApp(disk, {}, other)), "Support for volume mount services is disabled");
  const job = await world.cc.job(await world.ask(fresh("disk"), "nfs"));
  assert.match(JSON.stringify(job), /Support for volume services is disabled/);
});

test("credentials are rotated by a second binding", async () => {
  const app = await newApp();
  const instance = await world.instance(fresh("db"));
  await world.done(await world.bindApp(instance, {}, app));
  assert.equal(detailOf(await world.bindApp(instance, {}, app)), "The app is already bound to the service instance");
  await world.done(await world.bindApp(instance, { strategy: "multiple" }, app));
  const [older, newer] = await world.bindings(instance);
  assert.equal((await vcapServices(app))["db"]?.length, 1, "the newest alone counts");
  assert.equal((await vcapServices(app))["db"]?.[0]?.["binding_guid"], newer?.guid);
  await world.done(await world.call("DELETE", `/v3/service_credential_bindings/${older!.guid}`));
  for (let n = 1; n < 5; n++) await world.done(await world.bindApp(instance, { strategy: "multiple" }, app));
  assert.match(
    detailOf(await world.bindApp(instance, { strategy: "multiple" }, app)),
    /too many bindings to this service instance \(limit: 5\)/,
  );
});

test("names of bindings are checked", async () => {
  const app = await newApp();
  const [one, two] = [await world.instance(fresh("db")), await world.instance(fresh("db"))];
  assert.match(
    detailOf(await world.bindApp(one, { name: "a b" }, app)),
    /Valid characters are alphanumeric, underscore, and dash/,
  );
  assert.match(detailOf(await world.bindApp(one, { name: "x".repeat(256) }, app)), /must be less than 256 characters/);
  await world.done(await world.bindApp(one, { name: "same" }, app));
  assert.match(
    detailOf(await world.bindApp(two, { name: "same" }, app)),
    /The app already has a binding with name 'same'/,
  );
  assert.equal(
    detailOf(await world.bindApp(one, { name: "other", strategy: "multiple" }, app)),
    "The binding name cannot be changed for the same app and service instance",
  );
  const unbindable = await world.instance(fresh("db"), "unbindable");
  assert.equal(detailOf(await world.bindApp(unbindable, {}, app)), "Service plan does not allow bindings");
});

test("keys have names of their own and are managed instances' alone", async () => {
  const instance = await world.instance(fresh("db"));
  await world.done(await world.askKey(instance, "key", { parameters: { ro: true } }));
  const { guid } = await only(instance);
  const [asked] = world.broker.asked("PUT", new RegExp(guid));
  assert.deepEqual([asked?.body["app_guid"], asked?.body["parameters"]], [undefined, { ro: true }]);
  assert.match(detailOf(await world.askKey(instance, "key")), /already has a key binding with name 'key'/);
  const details = await world.call("GET", `/v3/service_credential_bindings/${guid}/details`);
  assert.deepEqual(details.body, { credentials: { user: guid } });
  world.broker.rule("DELETE", BINDING, { status: 500, body: {} });
  const refused = await world.failure(await world.call("DELETE", `/v3/service_credential_bindings/${guid}`));
  assert.match(refused, /^unbind could not be completed: Service broker failed to delete service binding for instance/);
  assert.match(detailOf(await world.askKey(instance, "key")), /getting deleted or its deletion failed/);
  world.broker.rules = [];
  await world.done(await world.call("DELETE", `/v3/service_credential_bindings/${guid}`));
  assert.deepEqual(await world.events(guid), [
    "audit.service_key.create",
    "audit.service_key.show",
    "audit.service_key.delete",
  ]);
});

test("an asynchronous deletion goes on over a stop", async () => {
  const { broker } = world;
  const app = await newApp();
  const instance = await world.instance(fresh("db"));
  await world.done(await world.bindApp(instance, {}, app));
  const { guid } = await only(instance);
  broker.rule("DELETE", BINDING, { status: 202, body: { operation: "d" } });
  let isDone = false;
  broker.rule("GET", LAST_OPERATION, () => ({ status: 200, body: { state: isDone ? "succeeded" : "in progress" } }));
  const answer = await world.call("DELETE", `/v3/service_credential_bindings/${guid}`);
  await until(() => broker.asked("GET", new RegExp(`${guid}/last`)).length > 0);
  assert.equal(
    detailOf(await world.call("PATCH", `/v3/service_credential_bindings/${guid}`, {})),
    "The service binding is being deleted",
  );
  assert.equal((await vcapServices(app))["db"], undefined);
  await world.cc.restart();
  isDone = true;
  await world.done(answer);
  assert.equal(broker.asked("DELETE", new RegExp(guid)).length, 1);
  assert.deepEqual(await world.bindings(instance), []);
});

test("an app is deleted when its brokers have unbound it, however long it takes", async () => {
  const { broker } = world;
  const app = await newApp();
  const instance = await world.instance(fresh("db"));
  await world.done(await world.bindApp(instance, {}, app));
  const off = broker.rule("DELETE", BINDING, { status: 500, body: { description: "never" } });
  assert.match(await world.failure(await world.call("DELETE", `/v3/apps/${app}`)), /never/);
  assert.equal((await world.call("GET", `/v3/apps/${app}`)).status, 200);
  off();
  let isDone = false;
  broker.rule("DELETE", BINDING, { status: 202, body: {} });
  broker.rule("GET", LAST_OPERATION, () => ({ status: 200, body: { state: isDone ? "succeeded" : "in progress" } }));
  const deletion = await world.call("DELETE", `/v3/apps/${app}`);
  const { guid } = await only(instance);
  await until(() => broker.asked("GET", new RegExp(`${guid}/last`)).length > 0);
  isDone = true;
  await world.done(deletion);
  assert.equal((await world.call("GET", `/v3/apps/${app}`)).status, 404);
});

test("a space is deleted with its instances, brokers asked first", async () => {
  const organization = guidOf(await world.call("POST", "/v3/organizations", { name: fresh("org") }));
  const space = guidOf(await world.call("POST", "/v3/spaces", { name: fresh("space"), ...related({ organization }) }));
  const app = await newApp(space);
  const name = fresh("db");
  await world.done(await world.ask(name, "small", related({ space, service_plan: world.plan("small") })));
  const instance = await world.find(name);
  await world.done(await world.bindApp(instance, {}, app));
  const off = world.broker.rule("DELETE", /.*/, { status: 500, body: { description: "busy" } });
  const refused = await world.failure(await world.call("DELETE", `/v3/spaces/${space}`));
  assert.match(
    refused,
    /^Deletion of space space-\d+ failed because one or more resources within could not be deleted\..*busy/s,
  );
  off();
  await world.done(await world.call("DELETE", `/v3/organizations/${organization}`));
  assert.equal((await world.call("GET", `/v3/service_instances/${instance}`)).status, 404);
  assert.ok(!world.broker.holds.has(instance));
});

test("a manifest binds, waits for slow brokers and tells what they refuse", async () => {
  const { broker } = world;
  const apply = (services: string) =>
    world.cc
      .token("admin", ["cloud_controller.admin", "cloud_controller.write"])
      .then((token) =>
        world.cc.fetch(
          "POST",
          `/v3/spaces/${world.space}/actions/apply_manifest`,
          `applications:\n- name: manifested\n  services:\n${services}`,
          { "content-type": "application/x-yaml", authorization: `bearer ${token}` },
        ),
      );
  const name = fresh("db");
  const instance = await world.instance(name);
  let isDone = false;
  broker.rule("PUT", BINDING, ({ query }) =>
    query.get("accepts_incomplete") === "true"
      ? { status: 202, body: {} }
      : { status: 422, body: { error: "AsyncRequired" } },
  );
  broker.rule("GET", LAST_OPERATION, () => ({ status: 200, body: { state: isDone ? "succeeded" : "in progress" } }));
  broker.rule("GET", BINDING, { status: 200, body: { credentials: { slow: true } } });
  const answer = await apply(`  - name: ${name}\n    binding_name: bound\n    parameters: {a: 1}\n`);
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  await until(() => broker.asked("GET", new RegExp(`${instance}.*last_operation`)).length > 0);
  await world.cc.restart();
  isDone = true;
  await world.done(answer);
  const binding = await only(instance);
  assert.equal(binding.name, "bound");
  const asked = broker.asked("PUT", new RegExp(binding.guid));
  assert.deepEqual(
    asked.map(({ body }) => body["parameters"]),
    [{ a: 1 }, { a: 1 }],
  );
  broker.rules = [];
  await world.done(await apply(`  - ${name}\n`));
  const other = fresh("db");
  await world.instance(other);
  broker.rule("PUT", BINDING, { status: 400, body: { description: "no room" } });
  assert.equal(
    await world.failure(await apply(`  - ${other}\n`)),
    `For application 'manifested': For service '${other}': Service broker error: no room`,
  );
});
