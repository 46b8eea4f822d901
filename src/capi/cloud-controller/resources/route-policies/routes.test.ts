import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answer, type Call, TestCc } from "../../testing/boot-cc.ts";

const APP = "cf:app:11111111-2222-3333-4444-555555555555";

let cc: TestCc;
let admin: Call;
let space: string;

before(async () => {
  cc = await TestCc.boot();
  admin = await cc.admin();
  const organization = guidOf(await admin("POST", "/v3/organizations", { name: "o" }));
  space = guidOf(await admin("POST", "/v3/spaces", { name: "s", ...related({ organization }) }));
});
after(() => cc[Symbol.asyncDispose]());

function guidOf({ body }: Answer): string {
  return (body as { guid: string }).guid;
}

function detailOf({ body }: Answer): string {
  return (body as { errors: { detail: string }[] }).errors[0]!.detail;
}

function related(guids: Readonly<Record<string, string>>): object {
  return {
    relationships: Object.fromEntries(Object.entries(guids).map(([name, guid]) => [name, { data: { guid } }])),
  };
}

async function routeIn(domain: object): Promise<string> {
  return guidOf(
    await admin("POST", "/v3/routes", { host: "h", ...related({ space, domain: guidOf(await make(domain)) }) }),
  );
}

async function make(domain: object): Promise<Answer> {
  return admin("POST", "/v3/domains", domain);
}

test("policies say who may call a route of a domain that enforces them", async () => {
  const route = await routeIn({
    name: "mtls.example.com",
    enforce_route_policies: true,
    route_policies_scope: "space",
  });
  const policy = await admin("POST", "/v3/route_policies", { source: APP, ...related({ route }) });
  assert.equal(policy.status, 201);
  const shown = policy.body as { source: string; relationships: { app: unknown; space: unknown } };
  assert.deepEqual([shown.source, shown.relationships.app], [APP, { data: { guid: APP.slice(7) } }]);
  const again = await admin("POST", "/v3/route_policies", { source: APP, ...related({ route }) });
  assert.match(detailOf(again), /already exists for this route/);
  const anybody = await admin("POST", "/v3/route_policies", { source: "cf:any", ...related({ route }) });
  assert.match(detailOf(anybody), /'cf:any' cannot coexist/);
  const organization = await admin("POST", "/v3/route_policies", {
    source: APP.replace("app", "org"),
    ...related({ route }),
  });
  assert.match(detailOf(organization), /route_policies_scope is 'space'/);

  const list = await admin("GET", `/v3/route_policies?sources=${APP}&include=route,source`);
  const { resources, included } = list.body as { resources: unknown[]; included: { routes: { guid: string }[] } };
  assert.deepEqual([resources.length, included.routes[0]?.guid], [1, route]);
  const routes = await admin("GET", `/v3/routes/${route}?include=route_policies`);
  const { included: byRoute } = routes.body as { included: { route_policies: { guid: string }[] } };
  assert.equal(byRoute.route_policies[0]?.guid, guidOf(policy));

  const path = `/v3/route_policies/${guidOf(policy)}`;
  const labelled = await admin("PATCH", path, { metadata: { labels: { a: "b" } } });
  assert.deepEqual((labelled.body as { metadata: object }).metadata, { labels: { a: "b" }, annotations: {} });
  assert.equal((await admin("DELETE", path)).status, 204);
  assert.equal((await admin("GET", path)).status, 404);
  const { body } = await admin("GET", `/v3/audit_events?target_guids=${guidOf(policy)}`);
  assert.deepEqual(
    (body as { resources: { type: string }[] }).resources.map(({ type }) => type),
    ["audit.route_policy.create", "audit.route_policy.update", "audit.route_policy.delete"],
  );
});

test("other domains take no policies, and not every domain can enforce them", async () => {
  const route = await routeIn({ name: "plain.example.com" });
  const policy = await admin("POST", "/v3/route_policies", { source: APP, ...related({ route }) });
  assert.match(detailOf(policy), /does not have enforce_route_policies enabled/);
  const unscoped = await make({ name: "x.example.com", enforce_route_policies: true });
  assert.equal(detailOf(unscoped), "Route policies scope is required when enforce_route_policies is true");
  const internal = { name: "x.internal", internal: true, enforce_route_policies: true, route_policies_scope: "any" };
  assert.match(detailOf(await make(internal)), /Internal domains cannot have route policy enforcement/);
  for (const source of [undefined, null, 7, "", "x", "cf:app:x"]) {
    assert.equal((await admin("POST", "/v3/route_policies", { source, ...related({ route }) })).status, 422);
  }
  assert.equal((await admin("POST", "/v3/route_policies", { source: APP, ...related({ route: "gone" }) })).status, 404);
});

test("a stack's apps are listed under it", async () => {
  const app = await admin("POST", "/v3/apps", { name: "a", ...related({ space }) });
  const { body } = await admin("GET", "/v3/stacks");
  const [stack] = (body as { resources: { guid: string }[] }).resources;
  const list = await admin("GET", `/v3/stacks/${stack!.guid}/apps`);
  assert.deepEqual(
    (list.body as { resources: { guid: string }[] }).resources.map(({ guid }) => guid),
    [guidOf(app)],
  );
});
