import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { detailOf, guidOf, related, ServicesWorld, until } from "../../testing/services-world.ts";

let world: ServicesWorld;
let made = 0;
const fresh = (): string => `instance-${++made}`;
const INSTANCE = /^\/v2\/service_instances\/[^/]+$/;
const LAST_OPERATION = /^\/v2\/service_instances\/[^/]+\/last_operation$/;

before(async () => {
  world = await ServicesWorld.boot();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.broker.rules = [];
});

test("a broker that answers at once makes an instance, told all that it must know", async () => {
  const name = fresh();
  const parameters = { size: 5 };
  const guid = await world.instance(name, "small", { parameters, tags: ["mine"], metadata: { labels: { a: "b" } } });
  const shown = await world.show(guid);
  assert.deepEqual(
    [shown.last_operation.type, shown.last_operation.state, shown["dashboard_url"], shown["upgrade_available"]],
    ["create", "succeeded", `https://dashboard/${guid}`, false],
  );
  const [asked] = world.broker.asked("PUT", new RegExp(guid));
  assert.equal(asked?.query.get("accepts_incomplete"), "true");
  const { context, ...body } = asked!.body as { context: Record<string, unknown> };
  assert.deepEqual(body, {
    service_id: "db",
    plan_id: "small",
    organization_guid: world.organization,
    space_guid: world.space,
    parameters,
    maintenance_info: { version: "1.0.0", description: "first" },
  });
  assert.deepEqual(
    [context["platform"], context["instance_name"], context["space_name"]],
    ["cloudfoundry", name, "space"],
  );
  assert.match(asked!.headers["x-broker-api-originating-identity"] as string, /^cloudfoundry /);
  assert.deepEqual(await world.events(guid), ["audit.service_instance.create"]);
  const events = await world.call("GET", `/v3/audit_events?target_guids=${guid}`);
  assert.ok(!JSON.stringify(events.body).includes('"size"'), "parameters stay out of the audit log");
});

test("a broker that works on it is looked after until it is done", async () => {
  const { broker } = world;
  broker.rule("PUT", INSTANCE, { status: 202, body: { operation: "op 1" } });
  let looks = 0;
  broker.rule("GET", LAST_OPERATION, () => {
    looks++;
    return {
      status: 200,
      body: looks < 3 ? { state: "in progress", description: `look ${looks}` } : { state: "succeeded" },
    };
  });
  const guid = await world.instance(fresh());
  const polls = broker.asked("GET", new RegExp(`${guid}/last_operation`));
  assert.equal(polls.length, 3);
  assert.deepEqual(Object.fromEntries(polls[0]!.query), { operation: "op 1", plan_id: "small", service_id: "db" });
  assert.deepEqual(await world.events(guid), ["audit.service_instance.start_create", "audit.service_instance.create"]);
  assert.equal((await world.show(guid)).last_operation.state, "succeeded");
});

test("looks go on where they were after the Cloud Controller was stopped", async () => {
  const { broker } = world;
  let isDone = false;
  broker.rule("PUT", INSTANCE, { status: 202, body: { operation: "slow" } });
  broker.rule("GET", LAST_OPERATION, () => ({ status: 200, body: { state: isDone ? "succeeded" : "in progress" } }));
  const name = fresh();
  await world.ask(name);
  const guid = await world.find(name);
  await until(() => broker.asked("GET", new RegExp(guid)).length > 0);
  await world.cc.restart();
  isDone = true;
  await until(async () => (await world.show(guid)).last_operation.state === "succeeded");
  assert.equal(broker.asked("PUT", new RegExp(guid)).length, 1, "it was not asked twice");
});

test("a request that was under way when the Cloud Controller stopped is sent again", async () => {
  const { broker } = world;
  const off = broker.rule("PUT", INSTANCE, "hang");
  const name = fresh();
  await world.ask(name);
  const guid = await world.find(name);
  await until(() => broker.asked("PUT", new RegExp(guid)).length === 1);
  assert.equal((await world.show(guid)).last_operation.state, "initial");
  off();
  await world.cc.restart();
  await until(async () => (await world.show(guid)).last_operation.state === "succeeded");
  assert.equal(broker.asked("PUT", new RegExp(guid)).length, 2);
});

test("what a broker says no to has failed, in its words", async () => {
  world.broker.rule("PUT", INSTANCE, { status: 400, body: { description: "no such size" } });
  const name = fresh();
  const failure = await world.failure(await world.ask(name));
  assert.equal(failure, "provision could not be completed: Service broker error: no such size");
  const shown = await world.show(await world.find(name));
  assert.deepEqual(
    [shown.last_operation.state, shown.last_operation.description],
    ["failed", "Service broker error: no such size"],
  );
  assert.equal(world.broker.asked("DELETE", new RegExp(shown.guid)).length, 0, "nothing was made: nothing to clean up");
});

for (const [what, reply] of Object.entries({
  "a 500": { status: 500, body: { description: "boom" } },
  "a web page": { status: 201, body: "<html>welcome</html>" },
  "a 410": { status: 410, body: {} },
  "a 422 without a known error": { status: 422, body: { error: "Odd" } },
})) {
  test(`after ${what} the broker is told to forget what it may have made`, async () => {
    world.broker.rule("PUT", INSTANCE, reply);
    const name = fresh();
    await world.failure(await world.ask(name));
    const guid = await world.find(name);
    await until(() => world.broker.asked("DELETE", new RegExp(guid)).length === 1);
    assert.equal((await world.show(guid)).last_operation.state, "failed");
  });
}

test("a failed instance makes room for the next of its name", async () => {
  const off = world.broker.rule("PUT", INSTANCE, { status: 400, body: {} });
  const name = fresh();
  await world.failure(await world.ask(name));
  const first = await world.find(name);
  off();
  const second = await world.instance(name);
  assert.notEqual(second, first);
  await until(() => world.broker.asked("DELETE", new RegExp(first)).length === 1);
});

test("an asynchronous failure is the job's failure", async () => {
  world.broker.rule("PUT", INSTANCE, { status: 202, body: {} });
  world.broker.rule("GET", LAST_OPERATION, { status: 200, body: { state: "failed", description: "out of disks" } });
  const name = fresh();
  assert.equal(await world.failure(await world.ask(name)), "create managed could not be completed: out of disks");
  assert.equal((await world.show(await world.find(name))).last_operation.description, "out of disks");
});

test("looks outlast errors of the broker", async () => {
  world.broker.rule("PUT", INSTANCE, { status: 202, body: {} });
  const replies = [
    { status: 500, body: {} },
    { status: 200, body: "<html>" },
    { status: 200, body: { state: "sleepy" } },
    { status: 200, body: { state: "succeeded" } },
  ];
  world.broker.rule("GET", LAST_OPERATION, () => replies.shift());
  await world.instance(fresh());
  assert.equal(replies.length, 0);
});

test("a plan's longest time ends the looks, and the orphan is given back", async () => {
  world.broker.rule("PUT", INSTANCE, { status: 202, body: {} });
  world.broker.rule("GET", LAST_OPERATION, { status: 200, body: { state: "in progress" } });
  const name = fresh();
  assert.equal(await world.failure(await world.ask(name, "hasty")), "The job execution has timed out.");
  const guid = await world.find(name);
  assert.equal(
    (await world.show(guid)).last_operation.description,
    "Service Broker failed to provision within the required time.",
  );
  await until(() => world.broker.asked("DELETE", new RegExp(guid)).length === 1);
});

test("a broker that hangs holds up neither other answers nor other jobs", async () => {
  world.broker.rule("PUT", INSTANCE, "hang");
  for (let n = 0; n < 12; n++) assert.equal((await world.ask(fresh())).status, 202);
  const space = guidOf(
    await world.call("POST", "/v3/spaces", { name: fresh(), ...related({ organization: world.organization }) }),
  );
  await world.done(await world.call("DELETE", `/v3/spaces/${space}`));
  await world.cc.restart(() => {
    world.broker.rules = [];
  });
  await until(async () => {
    const { body } = await world.call("GET", "/v3/service_instances?per_page=500");
    const { resources } = body as { resources: { last_operation: { state: string } }[] };
    return resources.every(({ last_operation: { state } }) => state !== "initial");
  });
});

test("plan, parameters, name and tags change at the broker's pace", async () => {
  const { broker } = world;
  const name = fresh();
  const guid = await world.instance(name);
  broker.rule("PATCH", INSTANCE, { status: 202, body: { operation: "u" } });
  let isDone = false;
  broker.rule("GET", LAST_OPERATION, () => ({ status: 200, body: { state: isDone ? "succeeded" : "in progress" } }));
  const change = { tags: ["new"], parameters: { a: 1 }, ...related({ service_plan: world.plan("large") }) };
  const answer = await world.call("PATCH", `/v3/service_instances/${guid}`, change);
  await until(() => broker.asked("GET", new RegExp(`${guid}/last`)).length > 0);
  const meanwhile = await world.show(guid);
  assert.deepEqual(
    [meanwhile["tags"], meanwhile.last_operation.type, meanwhile.last_operation.state],
    [[], "update", "in progress"],
  );
  const again = await world.call("PATCH", `/v3/service_instances/${guid}`, { tags: [] });
  assert.equal(detailOf(again), `An operation for service instance ${name} is in progress.`);
  assert.equal(
    detailOf(await world.call("DELETE", `/v3/service_instances/${guid}`)),
    "There is an operation in progress for the service instance.",
  );
  isDone = true;
  await world.done(answer);
  const [asked] = broker.asked("PATCH", new RegExp(guid));
  assert.deepEqual(asked?.body["previous_values"], {
    plan_id: "small",
    service_id: "db",
    organization_id: world.organization,
    space_id: world.space,
    maintenance_info: { version: "1.0.0", description: "first" },
  });
  assert.deepEqual(
    [asked?.body["plan_id"], asked?.body["parameters"], asked?.body["maintenance_info"]],
    ["large", { a: 1 }, { version: "2.0.0" }],
  );
  const shown = await world.show(guid);
  assert.deepEqual([shown["tags"], shown["maintenance_info"]], [["new"], { version: "2.0.0" }]);
  assert.deepEqual((await world.events(guid)).slice(1), [
    "audit.service_instance.start_update",
    "audit.service_instance.update",
  ]);
});

test("a failed update leaves the instance as it was", async () => {
  const guid = await world.instance(fresh());
  world.broker.rule("PATCH", INSTANCE, { status: 422, body: { description: "not this" } });
  const change = { tags: ["x"], ...related({ service_plan: world.plan("large") }) };
  const failure = await world.failure(await world.call("PATCH", `/v3/service_instances/${guid}`, change));
  assert.equal(failure, "update could not be completed: Service broker error: not this");
  const shown = await world.show(guid);
  assert.deepEqual([shown["tags"], shown.last_operation.type, shown.last_operation.state], [[], "update", "failed"]);
});

test("what concerns the Cloud Controller alone changes at once", async () => {
  const guid = await world.instance(fresh());
  const name = fresh();
  const answer = await world.call("PATCH", `/v3/service_instances/${guid}`, {
    name,
    tags: ["t"],
    metadata: { labels: { l: "1" } },
  });
  assert.deepEqual([answer.status, (answer.body as { name: string }).name], [200, name]);
  assert.equal(world.broker.asked("PATCH", new RegExp(guid)).length, 0);
  const usage = await world.call("GET", "/v3/service_usage_events?per_page=500");
  const mine = (
    usage.body as { resources: { state: string; service_instance: { guid: string; name: string } }[] }
  ).resources.filter((event) => event.service_instance.guid === guid);
  assert.deepEqual(
    mine.map((event) => [event.state, event.service_instance.name === name]),
    [
      ["CREATED", false],
      ["UPDATED", true],
    ],
  );
});

test("updates that cannot be are refused in the field's words", async () => {
  const guid = await world.instance(fresh());
  const proxied = await world.instance(fresh(), "filter");
  const other = fresh();
  await world.instance(other);
  const refused = async (change: object, of = guid): Promise<string> =>
    detailOf(await world.call("PATCH", `/v3/service_instances/${of}`, change));
  assert.equal(await refused({ name: other }), `The service instance name is taken: ${other}`);
  assert.equal(
    await refused(related({ service_plan: world.plan("filter") })),
    "service plan relates to a different service offering",
  );
  assert.equal(
    await refused(related({ service_plan: world.plan("filter") }), proxied),
    "The service does not support changing plans.",
  );
  assert.match(
    await refused({ maintenance_info: { version: "9.9.9" } }),
    /^maintenance_info.version requested is invalid/,
  );
  assert.match(await refused({ maintenance_info: { version: "x" } }), /must be a Semantic Version string/);
  assert.match(
    await refused({ maintenance_info: { version: "1.0.0" } }, proxied),
    /does not support upgrades for service instances created from this plan/,
  );
  assert.match(
    await refused({ maintenance_info: { version: "2.0.0" }, ...related({ service_plan: world.plan("large") }) }),
    /maintenance_info should not be changed when switching to different plan/,
  );
});

test("deletion takes bindings, keys and shares with it and tells the broker of each", async () => {
  const { broker } = world;
  const guid = await world.instance(fresh());
  await world.done(await world.bindApp(guid));
  await world.done(await world.askKey(guid, "key"));
  const friend = guidOf(
    await world.call("POST", "/v3/spaces", { name: fresh(), ...related({ organization: world.organization }) }),
  );
  await world.call("POST", `/v3/service_instances/${guid}/relationships/shared_spaces`, { data: [{ guid: friend }] });
  await world.done(await world.call("DELETE", `/v3/service_instances/${guid}`));
  assert.equal((await world.call("GET", `/v3/service_instances/${guid}`)).status, 404);
  const deleted = broker.asked("DELETE", new RegExp(guid)).map(({ path }) => path.includes("/service_bindings/"));
  assert.deepEqual(deleted, [true, true, false]);
  assert.deepEqual((await world.events(guid)).slice(-2), [
    "audit.service_instance.unshare",
    "audit.service_instance.delete",
  ]);
});

test("an asynchronous deletion survives a stop; what is gone already is gone", async () => {
  const { broker } = world;
  const guid = await world.instance(fresh());
  broker.rule("DELETE", INSTANCE, { status: 202, body: { operation: "bye" } });
  let isDone = false;
  broker.rule("GET", LAST_OPERATION, () =>
    isDone ? { status: 410, body: {} } : { status: 200, body: { state: "in progress" } },
  );
  const first = await world.call("DELETE", `/v3/service_instances/${guid}`);
  const second = await world.call("DELETE", `/v3/service_instances/${guid}`);
  assert.equal(second.headers.get("location"), first.headers.get("location"), "the running job answers");
  await until(() => broker.asked("GET", new RegExp(guid)).length > 0);
  assert.equal((await world.show(guid)).last_operation.type, "delete");
  await world.cc.restart();
  isDone = true;
  await world.done(first);
  assert.equal((await world.call("GET", `/v3/service_instances/${guid}`)).status, 404);
});

test("a broker that refuses to delete keeps the instance", async () => {
  const name = fresh();
  const guid = await world.instance(name);
  world.broker.rule("DELETE", INSTANCE, { status: 500, body: { description: "in use" } });
  assert.equal(
    await world.failure(await world.call("DELETE", `/v3/service_instances/${guid}`)),
    `delete could not be completed: Service instance ${name}: Service broker error: in use`,
  );
  const shown = await world.show(guid);
  assert.deepEqual([shown.last_operation.type, shown.last_operation.state], ["delete", "failed"]);
});

test("purging asks nobody", async () => {
  const guid = await world.instance(fresh());
  await world.done(await world.askKey(guid, "key"));
  assert.equal((await world.call("DELETE", `/v3/service_instances/${guid}?purge=true`)).status, 204);
  assert.equal((await world.call("GET", `/v3/service_instances/${guid}`)).status, 404);
  assert.equal(world.broker.asked("DELETE", new RegExp(guid)).length, 0);
  assert.equal((await world.events(guid)).at(-1), "audit.service_instance.purge");
});

test("parameters are the broker's to tell", async () => {
  const guid = await world.instance(fresh());
  world.broker.rule("GET", INSTANCE, { status: 200, body: { parameters: { size: 5 } } });
  assert.deepEqual((await world.call("GET", `/v3/service_instances/${guid}/parameters`)).body, { size: 5 });
  world.broker.rule("GET", INSTANCE, { status: 500, body: {} });
  assert.equal((await world.call("GET", `/v3/service_instances/${guid}/parameters`)).status, 502);
  const silent = await world.instance(fresh(), "filter");
  assert.equal(
    detailOf(await world.call("GET", `/v3/service_instances/${silent}/parameters`)),
    "This service does not support fetching service instance parameters.",
  );
});

test("quotas of space and organization hold, also when many ask at once", async () => {
  const quota = guidOf(
    await world.call("POST", "/v3/space_quotas", {
      name: fresh(),
      services: { total_service_instances: 3, paid_services_allowed: false, total_service_keys: 1 },
      ...related({ organization: world.organization }),
    }),
  );
  const space = guidOf(
    await world.call("POST", "/v3/spaces", { name: fresh(), ...related({ organization: world.organization }) }),
  );
  await world.call("POST", `/v3/space_quotas/${quota}/relationships/spaces`, { data: [{ guid: space }] });
  const inSpace = (planName: string) => related({ space, service_plan: world.plan(planName) });
  assert.equal(
    detailOf(await world.ask(fresh(), "paid", inSpace("paid"))),
    "The service instance cannot be created because paid service plans are not allowed for your space.",
  );
  const answers = await Promise.all(Array.from({ length: 10 }, () => world.ask(fresh(), "small", inSpace("small"))));
  assert.equal(answers.filter(({ status }) => status === 202).length, 3);
  const refused = answers.find(({ status }) => status !== 202)!;
  assert.equal(detailOf(refused), "You have exceeded your space's services limit.");
  for (const answer of answers.filter(({ status }) => status === 202)) await world.done(answer);
  const { body } = await world.call("GET", `/v3/service_instances?space_guids=${space}`);
  const [first] = (body as { resources: { guid: string }[] }).resources;
  await world.done(await world.askKey(first!.guid, "one"));
  assert.equal(
    detailOf(await world.askKey(first!.guid, "two")),
    "You have exceeded your space's limit for service binding of type key.",
  );
});

function showLarge(visibility: "admin" | "public"): Promise<void> {
  return world.change((db) =>
    db.updateTable("service_plans").set({ visibility_type: visibility }).where("name", "=", "large").execute(),
  );
}

test("plans that are not there, not his or not for the space are refused alike", async () => {
  const nowhere = await world.ask(fresh(), "small", related({ space: world.space, service_plan: "no-such-plan" }));
  const invalid = "Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.";
  assert.equal(detailOf(nowhere), invalid);
  await showLarge("admin");
  assert.match(
    detailOf(await world.ask(fresh(), "large")),
    /^Invalid service plan. This could be due to a space-scoped broker/,
  );
  await showLarge("public");
});
