import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { detailOf, guidOf, related, ServicesWorld, until } from "../../testing/services-world.ts";

let world: ServicesWorld;
let domain: string;
let made = 0;
const BINDING = /\/service_bindings\/[^/]+$/;

before(async () => {
  world = await ServicesWorld.boot();
  const { body } = await world.call("GET", "/v3/domains?names=apps.cf.localhost");
  domain = (body as { resources: { guid: string }[] }).resources[0]!.guid;
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.broker.rules = [];
});

async function newRoute(): Promise<string> {
  const body = { host: `host-${++made}`, ...related({ space: world.space, domain }) };
  return guidOf(await world.call("POST", "/v3/routes", body));
}

const bind = (instance: string, route: string, more: object = {}) =>
  world.call("POST", "/v3/service_route_bindings", { ...related({ service_instance: instance, route }), ...more });

async function only(route: string): Promise<{ guid: string; route_service_url: string | null }> {
  const { body } = await world.call("GET", `/v3/service_route_bindings?route_guids=${route}`);
  return (body as { resources: { guid: string; route_service_url: string | null }[] }).resources[0]!;
}

test("a route goes through the service that a broker names", async () => {
  const route = await newRoute();
  const instance = await world.instance(`proxy-${++made}`, "filter");
  world.broker.rule("PUT", BINDING, { status: 201, body: { route_service_url: "https://filter.example.com" } });
  await world.done(await bind(instance, route, { parameters: { rate: 1 } }));
  const binding = await only(route);
  assert.equal(binding.route_service_url, "https://filter.example.com");
  const [asked] = world.broker.asked("PUT", new RegExp(binding.guid));
  assert.deepEqual(asked?.body["bind_resource"], { route: `host-${made - 1}.apps.cf.localhost` });
  const again = await bind(instance, route);
  assert.deepEqual([again.status, detailOf(again)], [422, "The route and service instance are already bound."]);
  world.broker.rule("GET", BINDING, { status: 200, body: { parameters: { rate: 1 } } });
  assert.deepEqual((await world.call("GET", `/v3/service_route_bindings/${binding.guid}/parameters`)).body, {
    rate: 1,
  });
  const labelled = await world.call("PATCH", `/v3/service_route_bindings/${binding.guid}`, {
    metadata: { labels: { a: "b" } },
  });
  assert.deepEqual((labelled.body as { metadata: object }).metadata, { labels: { a: "b" }, annotations: {} });
  await world.done(await world.call("DELETE", `/v3/service_route_bindings/${binding.guid}`));
  assert.equal(await only(route), undefined);
  assert.deepEqual(await world.events(binding.guid), [
    "audit.service_route_binding.create",
    "audit.service_route_binding.update",
    "audit.service_route_binding.delete",
  ]);
});

test("a user-provided route service binds at once, and a new address reaches its routes", async () => {
  const route = await newRoute();
  const instance = guidOf(
    await world.call("POST", "/v3/service_instances", {
      type: "user-provided",
      name: `ups-${++made}`,
      route_service_url: "https://one.example.com",
      ...related({ space: world.space }),
    }),
  );
  assert.equal((await bind(instance, route)).status, 201);
  await world.call("PATCH", `/v3/service_instances/${instance}`, { route_service_url: "https://two.example.com" });
  const binding = await only(route);
  assert.equal(binding.route_service_url, "https://two.example.com");
  const refused = await world.call("GET", `/v3/service_route_bindings/${binding.guid}/parameters`);
  assert.match(detailOf(refused), /user provided service instances do not support fetching route bindings parameters/);
  assert.equal((await world.call("DELETE", `/v3/service_route_bindings/${binding.guid}`)).status, 204);
});

test("what cannot be a route service is refused in the field's words", async () => {
  const route = await newRoute();
  const [db, one, two] = [
    await world.instance(`db-${++made}`),
    await world.instance(`proxy-${++made}`, "filter"),
    await world.instance(`proxy-${++made}`, "filter"),
  ];
  assert.equal(detailOf(await bind(db, route)), "This service instance does not support route binding");
  assert.equal(detailOf(await bind("nothing", route)), "The service instance could not be found: nothing");
  assert.equal(detailOf(await bind(one, "nowhere")), "The route could not be found: nowhere");
  await world.done(await bind(one, route));
  assert.equal(detailOf(await bind(two, route)), "A route may only be bound to a single service instance");
});

test("a route is deleted when its broker has unbound it", async () => {
  const route = await newRoute();
  const instance = await world.instance(`proxy-${++made}`, "filter");
  await world.done(await bind(instance, route));
  const { guid } = await only(route);
  const off = world.broker.rule("DELETE", BINDING, { status: 500, body: { description: "not now" } });
  assert.match(await world.failure(await world.call("DELETE", `/v3/routes/${route}`)), /not now/);
  off();
  await world.done(await world.call("DELETE", `/v3/routes/${route}`));
  assert.ok(!world.broker.holds.has(guid));
  assert.equal((await world.call("GET", `/v3/routes/${route}`)).status, 404);
});

test("an asynchronous route binding takes its address when it is ready", async () => {
  const route = await newRoute();
  const instance = await world.instance(`proxy-${++made}`, "filter");
  let isDone = false;
  world.broker.rule("PUT", BINDING, { status: 202, body: { operation: "r" } });
  world.broker.rule("GET", /last_operation$/, () => ({
    status: 200,
    body: { state: isDone ? "succeeded" : "in progress" },
  }));
  world.broker.rule("GET", BINDING, { status: 200, body: { route_service_url: "https://late.example.com" } });
  const answer = await bind(instance, route);
  const { guid } = await only(route);
  await until(() => world.broker.asked("GET", new RegExp(`${guid}/last`)).length > 0);
  assert.equal((await only(route)).route_service_url, null);
  isDone = true;
  await world.done(answer);
  assert.equal((await only(route)).route_service_url, "https://late.example.com");
  await world.done(
    await world.call("DELETE", `/v3/service_instances/${instance}`).then(async (deletion) => {
      world.broker.rules = [];
      return deletion;
    }),
  );
});
