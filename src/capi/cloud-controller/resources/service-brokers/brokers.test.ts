import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { type Answer, type Call, TestCc } from "../../testing/boot-cc.ts";
import { FakeBroker } from "../../testing/fake-broker.ts";

interface Resource {
  readonly guid: string;
  readonly name: string;
  readonly available?: boolean;
  readonly [field: string]: unknown;
}

const CATALOG = /^\/v2\/catalog$/;
const plan = (id: string, more: object = {}) => ({ id, name: id, description: id, ...more });
const service = (id: string, plans: object[], more: object = {}) => ({
  id,
  name: id,
  description: id,
  bindable: true,
  plans,
  ...more,
});

let cc: TestCc;
let broker: FakeBroker;
let admin: Call;
let dev: Call;
let organization: string;
let space: string;

before(async () => {
  cc = await TestCc.boot();
  broker = await FakeBroker.start([]);
  admin = await cc.admin();
  dev = await cc.as("dev");
  organization = guidOf(await admin("POST", "/v3/organizations", { name: "org" }));
  space = guidOf(await admin("POST", "/v3/spaces", { name: "space", ...related("organization", organization) }));
  for (const [type, where] of [
    ["organization_user", related("organization", organization)],
    ["space_developer", related("space", space)],
  ] as const) {
    const { relationships } = where;
    const user = { user: { data: { guid: "dev-guid" } } };
    guidOf(await admin("POST", "/v3/roles", { type, relationships: { ...relationships, ...user } }));
  }
});
after(async () => {
  await cc?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
});
afterEach(() => {
  broker.rules = [];
});

function guidOf({ status, body }: Answer): string {
  assert.ok(status < 300, JSON.stringify(body));
  return (body as { guid: string }).guid;
}

function related(name: string, guid: string) {
  return { relationships: { [name]: { data: { guid } } } };
}

function detail({ body }: Answer): string {
  return (body as { errors: { detail: string }[] }).errors[0]!.detail;
}

const authentication = { type: "basic", credentials: { username: "cc", password: "very-secret" } };

function register(name: string, more: object = {}, call: Call = admin): Promise<Answer> {
  return call("POST", "/v3/service_brokers", { name, url: broker.url, authentication, ...more });
}

/** Registers a broker with this catalog and gives its guid. */
async function registered(name: string, services: object[], more: object = {}): Promise<string> {
  broker.services = services as never;
  const job = await cc.job(await register(name, more));
  assert.equal(job.state, "COMPLETE", JSON.stringify(job.errors));
  return (await list(`service_brokers?names=${name}`))[0]!.guid;
}

async function list(path: string, call: Call = admin): Promise<Resource[]> {
  const { status, body } = await call("GET", `/v3/${path}`);
  assert.equal(status, 200, JSON.stringify(body));
  return (body as { resources: Resource[] }).resources;
}

async function refresh(guid: string, services: object[]) {
  broker.services = services as never;
  return await cc.job(await admin("PATCH", `/v3/service_brokers/${guid}`, { url: broker.url }));
}

/** Registers a broker that fails, and gives the job's error. */
async function failure(reply: Parameters<FakeBroker["rule"]>[2]) {
  broker.rule("GET", CATALOG, reply);
  const name = `bad-${broker.requests.length}`;
  const { state, errors } = await cc.job(await register(name));
  assert.equal(state, "FAILED");
  const [bad] = await list(`service_brokers?names=${name}`);
  const removed = await admin("DELETE", `/v3/service_brokers/${bad!.guid}`);
  assert.equal((await cc.job(removed)).state, "COMPLETE");
  return errors[0] as { code: number; title?: string; detail: string };
}

test("a broker is registered by a job that reads its catalog", async () => {
  const guid = await registered("first", [service("db", [plan("small", { free: false })], { tags: ["sql"] })], {
    metadata: { labels: { tier: "one" } },
  });
  const [asked] = broker.asked("GET", CATALOG).slice(-1);
  assert.equal(asked!.headers["x-broker-api-version"], "2.17");
  assert.equal(asked!.headers["authorization"], `Basic ${Buffer.from("cc:very-secret").toString("base64")}`);
  const identity = (asked!.headers["x-broker-api-originating-identity"] as string).split(" ")[1]!;
  assert.deepEqual(JSON.parse(Buffer.from(identity, "base64").toString()), { user_id: "admin-guid" });
  const shown = await admin("GET", `/v3/service_brokers/${guid}`);
  assert.ok(!JSON.stringify(shown.body).includes("very-secret"));
  const [offering] = await list(`service_offerings?service_broker_guids=${guid}`);
  assert.deepEqual([offering!.name, offering!.available, offering!["tags"]], ["db", true, ["sql"]]);
  const [small] = await list(`service_plans?service_broker_guids=${guid}`);
  assert.deepEqual([small!.name, small!["free"], small!["visibility_type"]], ["small", false, "admin"]);
});

test("the audit events of a registration name user and broker and hide the password", async () => {
  const guid = await registered("audited", [service("a", [plan("a1")])]);
  const events = await list(`audit_events?target_guids=${guid}`);
  assert.deepEqual(
    events.map(({ type }) => type),
    ["audit.service_broker.create"],
  );
  const { request } = events[0]!["data"] as { request: { authentication: { credentials: object } } };
  assert.deepEqual(request.authentication.credentials, { username: "cc", password: "[PRIVATE DATA HIDDEN]" });
  const [offering] = await list(`service_offerings?service_broker_guids=${guid}`);
  const [made] = await list(`audit_events?target_guids=${offering!.guid}`);
  assert.equal(made!["type"], "audit.service.create");
  assert.deepEqual(made!["actor"], { guid, type: "service_broker", name: "audited" });
  assert.equal((made!["data"] as { label: string }).label, "a");
});

const BODIES: readonly (readonly [object, RegExp])[] = [
  [{ name: undefined, url: undefined }, /Name must be a string, Url must be a string, Url '' must be a valid url/],
  [{ name: 5 }, /Name must be a string/],
  [{ name: "" }, /Name must not be empty string/],
  [{ url: "ftp://x" }, /Url 'ftp:\/\/x' must be a valid url/],
  [{ url: "https://user:pass@example.com" }, /Url must not contain authentication/],
  [{ authentication: "basic" }, /Authentication must be an object/],
  [{ authentication: { ...authentication, type: "none" } }, /authentication\.type must be one of \["basic"\]/],
  [
    { authentication: { type: "basic", credentials: { username: "u" } } },
    /Field\(s\) \["password"\] must be valid: .*Password can't be blank/,
  ],
  [{ unknown: 1 }, /Unknown field\(s\): 'unknown'/],
  [{ relationships: {} }, /must include one or more valid relationships/],
];
for (const [more, text] of BODIES) {
  test(`a body with ${JSON.stringify(more)} is refused`, async () => {
    const answer = await register("never", more);
    assert.equal(answer.status, 422);
    assert.match(detail(answer), text);
  });
}

test("names of brokers are unique", async () => {
  await registered("unique", [service("u", [plan("u1")])]);
  const answer = await register("unique");
  assert.deepEqual([answer.status, detail(answer)], [422, "Name must be unique"]);
});

test("of two that register one name at the same time, one wins", async () => {
  broker.services = [service("race", [plan("race1")])] as never;
  const answers = await Promise.all([1, 2, 3, 4].map(() => register("raced")));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 422, 422, 422]);
  for (const answer of answers) if (answer.status === 202) assert.equal((await cc.job(answer)).state, "COMPLETE");
});

test("a second change waits for the first, and what is being deleted is not changed", async () => {
  const guid = await registered("busy", [service("b", [plan("b1")])]);
  const off = broker.rule("GET", CATALOG, "hang");
  const asked = broker.requests.length;
  const first = await admin("PATCH", `/v3/service_brokers/${guid}`, { url: `${broker.url}/` });
  const second = await admin("PATCH", `/v3/service_brokers/${guid}`, { name: "busier" });
  assert.equal(second.status, 422);
  assert.equal(detail(second), "Cannot update a broker when other operation is already in progress");
  while (broker.requests.length === asked) await new Promise((resolve) => setTimeout(resolve, 5));
  await cc.restart(off);
  admin = await cc.admin();
  dev = await cc.as("dev");
  const path = new URL(first.headers.get("location")!).pathname;
  for (;;) {
    const { state } = (await admin("GET", path)).body as { state: string };
    if (state === "COMPLETE") break;
    assert.equal(state, "PROCESSING");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});

test("a space takes its brokers with it", async () => {
  const other = guidOf(await admin("POST", "/v3/spaces", { name: "doomed", ...related("organization", organization) }));
  const guid = await registered("doomed", [service("do", [plan("do1")])], related("space", other));
  assert.equal((await cc.job(await admin("DELETE", `/v3/spaces/${other}`))).state, "COMPLETE");
  assert.equal((await admin("GET", `/v3/service_brokers/${guid}`)).status, 404);
  assert.deepEqual(await list("service_offerings?names=do"), []);
});

test("a plan that only a deleted organization had is closed", async () => {
  const guid = await registered("closing", [service("cl", [plan("cl1")])]);
  const other = guidOf(await admin("POST", "/v3/organizations", { name: "leaving" }));
  const [one] = await list(`service_plans?service_broker_guids=${guid}`);
  const path = `/v3/service_plans/${one!.guid}/visibility`;
  await admin("PATCH", path, { type: "organization", organizations: [{ guid: other }] });
  assert.equal((await cc.job(await admin("DELETE", `/v3/organizations/${other}`))).state, "COMPLETE");
  assert.deepEqual((await admin("GET", path)).body, { type: "admin" });
});

test("each way in which a broker fails has its own error", async () => {
  const cases: readonly (readonly [Parameters<FakeBroker["rule"]>[2], number, RegExp])[] = [
    [{ status: 200, body: "<html>hello</html>" }, 270021, /expected valid JSON object in body/],
    [{ status: 200, body: "x".repeat(10_000_000) }, 10001, /The service broker returned an invalid response/],
    [{ status: 200, body: { services: [] } }, 270012, /Service broker must provide at least one service/],
    [{ status: 302, body: "", headers: { location: "http://169.254.169.254/" } }, 10001, /Status Code: 302 Found/],
    [{ status: 401, body: {} }, 10001, /Authentication with the service broker failed/],
    [{ status: 404, body: {} }, 270020, /Status Code: 404 Not Found/],
    [{ status: 408, body: {} }, 10001, /The request to the service broker timed out/],
    [{ status: 410, body: {} }, 10001, /Status Code: 410 Gone/],
    [{ status: 422, body: { description: "not now" } }, 10001, /Service broker error: not now/],
    [{ status: 500, body: { description: "broken" } }, 10001, /Service broker error: broken/],
    [{ status: 202, body: {} }, 10001, /Status Code: 202 Accepted/],
  ];
  for (const [reply, code, text] of cases) {
    const error = await failure(reply);
    assert.equal(error.code, code, error.detail);
    assert.match(error.detail, text);
  }
});

test("a broker that nobody listens for is unreachable", async () => {
  const { state, errors } = await cc.job(await register("nowhere", { url: "http://127.0.0.1:1" }));
  assert.equal(state, "FAILED");
  assert.equal(errors[0]!.detail, "The service broker could not be reached");
});

test("a new catalog adds, changes, renames and removes", async () => {
  const guid = await registered("moving", [service("one", [plan("m1"), plan("m2")]), service("two", [plan("m3")])]);
  const before = await list(`service_plans?service_broker_guids=${guid}`);
  const next = [service("one", [plan("m1", { name: "renamed" }), plan("m4")], { description: "better" })];
  assert.equal((await refresh(guid, next)).state, "COMPLETE");
  const offerings = await list(`service_offerings?service_broker_guids=${guid}`);
  assert.deepEqual(
    offerings.map(({ name, description }) => [name, description]),
    [["one", "better"]],
  );
  const plans = await list(`service_plans?service_broker_guids=${guid}`);
  assert.deepEqual(plans.map(({ name }) => name).sort(), ["m4", "renamed"]);
  assert.equal(plans.find(({ name }) => name === "renamed")!.guid, before.find(({ name }) => name === "m1")!.guid);
  const removed = before.find(({ name }) => name === "m2")!;
  const types = (await list(`audit_events?target_guids=${removed.guid}`)).map(({ type }) => type);
  assert.deepEqual(types, ["audit.service_plan.create", "audit.service_plan.delete"]);
});

test("a plan that is in use stays when it leaves the catalog, and its broker cannot be deleted", async () => {
  const guid = await registered("used", [service("s", [plan("kept"), plan("other")])]);
  const plans = await list(`service_plans?service_broker_guids=${guid}`);
  const kept = plans.find(({ name }) => name === "kept")!;
  await admin("PATCH", `/v3/service_plans/${kept.guid}/visibility`, { type: "public" });
  const made = await admin("POST", "/v3/service_instances", {
    type: "managed",
    name: "instance",
    relationships: { space: { data: { guid: space } }, service_plan: { data: { guid: kept.guid } } },
  });
  assert.equal((await cc.job(made)).state, "COMPLETE");
  const job = (await refresh(guid, [service("s", [plan("other")])])) as unknown as {
    state: string;
    warnings: { detail: string }[];
  };
  assert.equal(job.state, "COMPLETE");
  assert.match(job.warnings[0]!.detail, /Service Offering: s\nPlans deactivated: kept\n$/);
  const shown = (await admin("GET", `/v3/service_plans/${kept.guid}`)).body as Resource;
  assert.equal(shown.available, false);
  const answer = await admin("DELETE", `/v3/service_brokers/${guid}`);
  assert.equal(answer.status, 422);
  assert.equal(detail(answer), "Can not remove brokers that have associated service instances: used");
  const refused = await admin("DELETE", `/v3/service_plans/${kept.guid}`);
  assert.equal(detail(refused), "Please delete the service_instances associations for your service_plans.");
  const [offering] = await list(`service_offerings?service_broker_guids=${guid}`);
  const asked = broker.requests.length;
  assert.equal((await admin("DELETE", `/v3/service_offerings/${offering!.guid}?purge=true`)).status, 204);
  assert.deepEqual(await list("service_instances?names=instance"), []);
  assert.deepEqual(await list(`service_plans?service_broker_guids=${guid}`), []);
  assert.equal(broker.requests.length, asked, "purging asks no broker");
});

test("an update that the broker's catalog forbids changes nothing", async () => {
  const guid = await registered("steady", [service("st", [plan("st1")])]);
  broker.rule("GET", CATALOG, { status: 500, body: { description: "down" } });
  const { state } = await cc.job(await admin("PATCH", `/v3/service_brokers/${guid}`, { url: `${broker.url}/` }));
  assert.equal(state, "FAILED");
  const { body } = await admin("GET", `/v3/service_brokers/${guid}`);
  assert.equal((body as { url: string }).url, broker.url);
});

test("a new name asks no broker, metadata needs no job", async () => {
  const guid = await registered("old-name", [service("n", [plan("n1")])]);
  const asked = broker.requests.length;
  assert.equal(
    (await cc.job(await admin("PATCH", `/v3/service_brokers/${guid}`, { name: "new-name" }))).state,
    "COMPLETE",
  );
  assert.equal(broker.requests.length, asked);
  const labelled = await admin("PATCH", `/v3/service_brokers/${guid}`, { metadata: { labels: { a: "b" } } });
  assert.equal(labelled.status, 200);
  assert.equal((labelled.body as Resource).name, "new-name");
});

test("a deleted broker is gone with its offerings and plans", async () => {
  const guid = await registered("short", [service("sh", [plan("sh1")])]);
  assert.equal((await cc.job(await admin("DELETE", `/v3/service_brokers/${guid}`))).state, "COMPLETE");
  assert.equal((await admin("GET", `/v3/service_brokers/${guid}`)).status, 404);
  assert.deepEqual(await list(`service_offerings?service_broker_guids=${guid}`), []);
});

test("developers register brokers in their spaces, where only they see and change them", async () => {
  assert.equal((await register("not-mine", {}, dev)).status, 403);
  broker.services = [service("private", [plan("private1")])] as never;
  const made = await register("mine", related("space", space), dev);
  assert.equal((await cc.job(made)).state, "COMPLETE");
  const [mine] = await list("service_brokers", dev);
  assert.equal(mine!.name, "mine");
  const [own] = await list(`service_plans?service_broker_guids=${mine!.guid}`, dev);
  assert.equal(own!["visibility_type"], "space");
  const visibility = await dev("GET", `/v3/service_plans/${own!.guid}/visibility`);
  assert.deepEqual(visibility.body, { type: "space", space: { guid: space, name: "space" } });
  const refused = await dev("PATCH", `/v3/service_plans/${own!.guid}/visibility`, { type: "public" });
  assert.equal(detail(refused), "cannot update plans with visibility type 'space'");
  const stranger = await cc.as("stranger");
  assert.equal((await stranger("GET", `/v3/service_brokers/${mine!.guid}`)).status, 404);
  assert.equal((await stranger("DELETE", `/v3/service_brokers/${mine!.guid}`)).status, 404);
  assert.equal((await stranger("DELETE", `/v3/service_plans/${own!.guid}`)).status, 404);
  const invisible = await register("theirs", related("space", space), stranger);
  assert.equal(detail(invisible), "Invalid space. Ensure that the space exists and you have access to it.");
  await admin("PATCH", "/v3/feature_flags/space_scoped_private_broker_creation", { enabled: false });
  const disabled = await register("again", related("space", space), dev);
  assert.deepEqual(
    [disabled.status, detail(disabled)],
    [403, "Feature Disabled: space_scoped_private_broker_creation"],
  );
  await admin("PATCH", "/v3/feature_flags/space_scoped_private_broker_creation", { enabled: true });
  assert.equal((await cc.job(await dev("DELETE", `/v3/service_brokers/${mine!.guid}`))).state, "COMPLETE");
});

test("operators open plans to everybody, to organizations, and close them again", async () => {
  const guid = await registered("open", [service("op", [plan("op1")])]);
  const [closed] = await list(`service_plans?service_broker_guids=${guid}`);
  const path = `/v3/service_plans/${closed!.guid}/visibility`;
  assert.equal((await dev("GET", path)).status, 404);
  const opened = await admin("PATCH", path, { type: "organization", organizations: [{ guid: organization }] });
  assert.deepEqual(opened.body, { type: "organization", organizations: [{ guid: organization, name: "org" }] });
  assert.equal((await dev("GET", path)).status, 200);
  assert.equal((await dev("PATCH", path, { type: "public" })).status, 403);
  const other = guidOf(await admin("POST", "/v3/organizations", { name: "other" }));
  const added = await admin("POST", path, { type: "organization", organizations: [{ guid: other }] });
  assert.deepEqual(added.body, { type: "organization" });
  assert.equal(((await admin("GET", path)).body as { organizations: object[] }).organizations.length, 2);
  assert.equal(((await dev("GET", path)).body as { organizations: object[] }).organizations.length, 1);
  assert.equal((await admin("DELETE", `${path}/${other}`)).status, 204);
  assert.equal((await admin("DELETE", `${path}/${other}`)).status, 404);
  assert.equal((await admin("DELETE", `${path}/${organization}`)).status, 204);
  assert.deepEqual((await admin("GET", path)).body, { type: "admin" });
  assert.deepEqual((await admin("PATCH", path, { type: "public" })).body, { type: "public" });
  const wrong = await admin("PATCH", path, { type: "organization" });
  assert.equal(wrong.status, 400);
  assert.match(detail(wrong), /Organizations can't be blank/);
  assert.match(
    detail(await admin("PATCH", path, { type: "space" })),
    /Type must be one of 'public', 'admin', 'organization'/,
  );
  const events = (await list(`audit_events?target_guids=${closed!.guid}`)).map(({ type }) => type);
  assert.ok(events.includes("audit.service_plan_visibility.update"));
  assert.ok(events.includes("audit.service_plan_visibility.delete"));
});

test("offerings and plans take metadata from operators", async () => {
  const guid = await registered("labelled", [service("la", [plan("la1")])]);
  const [offering] = await list(`service_offerings?service_broker_guids=${guid}`);
  const [one] = await list(`service_plans?service_broker_guids=${guid}`);
  const body = { metadata: { labels: { a: "b" } } };
  for (const path of [`/v3/service_offerings/${offering!.guid}`, `/v3/service_plans/${one!.guid}`]) {
    assert.equal((await dev("PATCH", path, body)).status, 404);
    const answer = await admin("PATCH", path, body);
    assert.deepEqual((answer.body as { metadata: object }).metadata, { labels: { a: "b" }, annotations: {} });
  }
  const refused = await admin("DELETE", `/v3/service_offerings/${offering!.guid}`);
  assert.equal(detail(refused), "Please delete the service_plans associations for your services.");
  assert.equal((await admin("DELETE", `/v3/service_plans/${one!.guid}`)).status, 204);
  assert.equal((await admin("DELETE", `/v3/service_offerings/${offering!.guid}`)).status, 204);
});

test("dashboard clients are made, belong to one broker and go with it", async () => {
  const client = (id: string, more: object = {}) => ({
    dashboard_client: { id, secret: "dash", redirect_uri: "https://dash.example.com", ...more },
  });
  const guid = await registered("sso", [service("d", [plan("d1")], client("dash"))]);
  const [created] = await list("audit_events?target_guids=dash");
  assert.equal(created!["type"], "audit.service_dashboard_client.create");
  assert.deepEqual(created!["data"], { secret: "[REDACTED]", redirect_uri: "https://dash.example.com" });
  for (const id of ["dash", "cf"]) {
    broker.services = [service("e", [plan("e1")], client(id))] as never;
    const { errors } = await cc.job(await register(`thief-of-${id}`));
    assert.equal(
      errors[0]!.detail,
      "Service broker catalog is invalid: \nService e\n  Service dashboard client id must be unique\n",
    );
  }
  broker.services = [service("f", [plan("f1")], client("new", { redirect_uri: "refused" }))] as never;
  const { errors } = await cc.job(await register("refused"));
  assert.equal(errors[0]!.detail, "Service broker dashboard clients could not be modified: bad redirect_uri");
  assert.equal((await cc.job(await admin("DELETE", `/v3/service_brokers/${guid}`))).state, "COMPLETE");
  const events = (await list("audit_events?target_guids=dash")).map(({ type }) => type);
  assert.ok(events.includes("audit.service_dashboard_client.delete"));
  await registered("heir", [service("d", [plan("d1")], client("dash"))]);
});

test("a registration that was killed in its middle goes on after the restart", async () => {
  broker.services = [service("late", [plan("late1")])] as never;
  const off = broker.rule("GET", CATALOG, "hang");
  const asked = broker.requests.length;
  const made = await register("late");
  while (broker.requests.length === asked) await new Promise((resolve) => setTimeout(resolve, 5));
  await cc.restart(off);
  const path = new URL(made.headers.get("location")!).pathname;
  admin = await cc.admin();
  for (;;) {
    const { state } = (await admin("GET", path)).body as { state: string };
    if (state === "COMPLETE") break;
    assert.equal(state, "PROCESSING");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal((await list("service_offerings?names=late")).length, 1);
});

const onPostgres = process.env["INGOT_TEST_POSTGRES"] ? "looks into SQLite's file" : false;
test("the password lies sealed in the database", { skip: onPostgres }, async () => {
  const { readFileSync } = await import("node:fs");
  const bytes = ["", "-wal"].map((suffix) => readFileSync(cc.databasePath + suffix, "latin1")).join("");
  assert.ok(!bytes.includes("very-secret"));
});
