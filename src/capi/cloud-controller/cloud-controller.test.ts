import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { sql } from "kysely";
import { openDatabase } from "../../kit/database.ts";
import { CC_MIGRATIONS } from "./store/migrations.ts";
import type { CcDatabase } from "./store/schema.ts";
import { type Answer, type Call, TestCc } from "./testing/boot-cc.ts";

let cc: TestCc;
let admin: Call;

before(async () => {
  cc = await TestCc.boot();
  admin = await cc.admin();
});
after(() => cc[Symbol.asyncDispose]());

function errorOf({ body }: Answer): { code: number; title: string; detail: string } {
  return (body as { errors: { code: number; title: string; detail: string }[] }).errors[0]!;
}

function guidOf({ body }: Answer): string {
  return (body as { guid: string }).guid;
}

function namesOf({ body }: Answer): string[] {
  return (body as { resources: { name: string }[] }).resources.map(({ name }) => name);
}

const relationship = (name: string, guid: string) => ({ relationships: { [name]: { data: { guid } } } });

async function organization(name: string): Promise<string> {
  return guidOf(await admin("POST", "/v3/organizations", { name }));
}

async function space(name: string, organizationGuid: string): Promise<string> {
  return guidOf(await admin("POST", "/v3/spaces", { name, ...relationship("organization", organizationGuid) }));
}

async function role(userName: string, type: string, place: "space" | "organization", guid: string): Promise<Answer> {
  await cc.token(userName);
  return admin("POST", "/v3/roles", {
    type,
    relationships: { user: { data: { username: userName } }, [place]: { data: { guid } } },
  });
}

test("the root names every system", async () => {
  const { status, body, headers } = await cc.fetch("GET", "/");
  assert.equal(status, 200);
  assert.match(headers.get("x-vcap-request-id") ?? "", /^[0-9a-f-]{36}$/);
  const { links } = body as { links: Record<string, { href: string; meta?: object } | null> };
  assert.equal(links["cloud_controller_v2"], null);
  assert.deepEqual(links["app_ssh"], {
    href: "ssh.cf.localhost:2222",
    meta: { host_key_fingerprint: "SHA256:fingerprint", oauth_client: "ssh-proxy" },
  });
  assert.equal(links["network_policy_v1"]?.href, "https://api.cf.localhost/networking/v1/external");
  assert.equal((await fetch(`${cc.url}/healthz`)).status, 200);
});

test("a caller's request id is kept in front of our own", async () => {
  const { headers } = await cc.fetch("GET", "/", undefined, { "x-vcap-request-id": "abc" });
  assert.match(headers.get("x-vcap-request-id") ?? "", /^abc::[0-9a-f-]{36}$/);
});

test("who has no token, a broken one, an expired one or one for somebody else is not let in", async () => {
  const path = "/v3/organizations";
  assert.equal(errorOf(await cc.fetch("GET", path)).title, "CF-NotAuthenticated");
  const expired = await cc.token("alice", undefined, { exp: 1 });
  const foreign = await cc.token("alice", undefined, { aud: ["log-cache"] });
  const unknownKey = await cc.token("alice", undefined, {}, "key-2");
  const refresh = await cc.token("alice", undefined, { jti: "x-r" });
  const unsigned = `${(await cc.token("alice")).split(".").slice(0, 2).join(".")}.`;
  for (const token of ["x", "a.b.c", expired, foreign, unknownKey, refresh, unsigned]) {
    const answer = await cc.fetch("GET", path, undefined, { authorization: `bearer ${token}` });
    assert.deepEqual([answer.status, errorOf(answer).code], [401, 1000]);
  }
});

test("scopes decide what may be read and written at all", async () => {
  const reader = await cc.as("reader", ["cloud_controller.read"]);
  assert.equal((await reader("GET", "/v3/organizations")).status, 200);
  assert.equal(errorOf(await reader("POST", "/v3/organizations", { name: "x" })).code, 10003);
  const nobody = await cc.as("nobody", ["openid"]);
  assert.equal((await nobody("GET", "/v3/organizations")).status, 403);
});

test("the v2 API is switched off, and says so as the web server before CC does", async () => {
  for (const path of ["/v2", "/v2/organizations", "/v2?x=1"]) {
    const answer = await fetch(cc.url + path, { method: "POST", body: "{}" });
    const type = answer.headers.get("content-type");
    assert.deepEqual([answer.status, type, await answer.text()], [404, "text/plain", "V2 endpoints disabled"]);
  }
  assert.equal((await admin("GET", "/v2/info")).status, 200);
  assert.equal(errorOf(await admin("GET", "/v22")).code, 10000);
});

test("requests that nobody knows and bodies that nobody can read get CC's errors", async () => {
  assert.deepEqual(errorOf(await admin("GET", "/v3/nothing")), {
    code: 10000,
    title: "CF-NotFound",
    detail: "Unknown request",
  });
  assert.equal(errorOf(await admin("POST", "/v3/organizations", "{")).code, 1001);
  assert.equal(errorOf(await admin("POST", "/v3/organizations", "[]")).code, 10008);
  assert.equal(errorOf(await admin("POST", "/v3/organizations", `{"name":"${"x".repeat(2_000_000)}"}`)).code, 1001);
  assert.equal((await admin("GET", `/v3/organizations/${"x".repeat(900)}`)).status, 404);
  assert.equal((await admin("GET", "/v3/organizations/%00")).status, 404);
  assert.ok((await admin("GET", "/v3/organizations/%zz")).status < 500);
});

test("what the caller may not see is not found, what he may not change is forbidden", async () => {
  const organizationGuid = await organization("hidden");
  const alice = await cc.as("alice");
  assert.equal(errorOf(await alice("GET", `/v3/organizations/${organizationGuid}`)).detail, "Organization not found");
  assert.equal((await alice("PATCH", `/v3/organizations/${organizationGuid}`, {})).status, 404);
  await role("alice", "organization_user", "organization", organizationGuid);
  assert.equal((await alice("GET", `/v3/organizations/${organizationGuid}`)).status, 200);
  assert.equal(errorOf(await alice("PATCH", `/v3/organizations/${organizationGuid}`, {})).code, 10003);
  assert.deepEqual(namesOf(await alice("GET", "/v3/organizations")), ["hidden"]);
});

test("a suspended organization stops everybody but admins", async () => {
  const organizationGuid = await organization("paused");
  const spaceGuid = await space("inside", organizationGuid);
  await role("manager", "organization_user", "organization", organizationGuid);
  await role("manager", "organization_manager", "organization", organizationGuid);
  const manager = await cc.as("manager");
  assert.equal((await manager("PATCH", `/v3/spaces/${spaceGuid}`, { name: "renamed" })).status, 200);
  await admin("PATCH", `/v3/organizations/${organizationGuid}`, { suspended: true });
  assert.equal(errorOf(await manager("PATCH", `/v3/spaces/${spaceGuid}`, { name: "again" })).code, 10017);
  assert.equal((await manager("GET", `/v3/spaces/${spaceGuid}`)).status, 200);
  assert.equal((await admin("PATCH", `/v3/spaces/${spaceGuid}`, { name: "again" })).status, 200);
});

test("space roles need a role in the organization, and each exists once", async () => {
  const organizationGuid = await organization("crew");
  const spaceGuid = await space("deck", organizationGuid);
  const early = await role("bob", "space_developer", "space", spaceGuid);
  assert.match(errorOf(early).detail, /do not have a role in that space's organization/);
  await role("bob", "organization_user", "organization", organizationGuid);
  const answer = await role("bob", "space_developer", "space", spaceGuid);
  assert.equal(answer.status, 201);
  const twice = await role("bob", "space_developer", "space", spaceGuid);
  assert.equal(errorOf(twice).detail, "User 'bob' already has 'space_developer' role in space 'deck'.");
  const unknown = await admin("POST", "/v3/roles", {
    type: "organization_user",
    relationships: { user: { data: { username: "ghost" } }, organization: { data: { guid: organizationGuid } } },
  });
  assert.equal(errorOf(unknown).detail, "No user exists with the username 'ghost'.");
  const { body } = await admin("GET", `/v3/roles?space_guids=${spaceGuid}&include=user,space`);
  const { included } = body as { included: { users: { username: string }[]; spaces: { name: string }[] } };
  assert.deepEqual([included.users[0]?.username, included.spaces[0]?.name], ["bob", "deck"]);
  await cc.job(await admin("DELETE", `/v3/roles/${guidOf(answer)}`));
  assert.equal((await admin("GET", `/v3/roles/${guidOf(answer)}`)).status, 404);
});

test("names are unique without regard to case", async () => {
  const organizationGuid = await organization("Unique");
  assert.equal(
    errorOf(await admin("POST", "/v3/organizations", { name: "uNIQUE" })).detail,
    "Organization 'uNIQUE' already exists.",
  );
  await space("s", organizationGuid);
  const again = await admin("POST", "/v3/spaces", { name: "S", ...relationship("organization", organizationGuid) });
  assert.equal(errorOf(again).detail, "Name must be unique per organization");
  assert.deepEqual(namesOf(await admin("GET", "/v3/organizations?names=UNIQUE")), ["Unique"]);
});

test("lists are paged, ordered and selected by label", async () => {
  for (const name of ["page-a", "page-b", "page-c"]) {
    await admin("POST", "/v3/organizations", { name, metadata: { labels: { page: name, "example.com/all": "yes" } } });
  }
  const select = async (selector: string): Promise<string[]> =>
    namesOf(await admin("GET", `/v3/organizations?order_by=name&label_selector=${encodeURIComponent(selector)}`));
  assert.deepEqual(await select("example.com/all"), ["page-a", "page-b", "page-c"]);
  assert.deepEqual(await select("example.com/all,page notin (page-a)"), ["page-b", "page-c"]);
  assert.deepEqual(await select("page in (page-a,page-c)"), ["page-a", "page-c"]);
  assert.deepEqual(await select("example.com/all=yes,page!=page-b"), ["page-a", "page-c"]);
  assert.ok(!(await select("!page")).includes("page-a"));
  const second = await admin("GET", "/v3/organizations?names=page-a,page-b,page-c&order_by=-name&per_page=2&page=2");
  assert.deepEqual(namesOf(second), ["page-a"]);
});

test("property of every name: text that means something to SQL is only text", async () => {
  const evil = ["'; DROP TABLE organizations; --", '" OR 1=1 --', "%' UNION SELECT * FROM users --", "\\'); --"];
  const organizationGuid = await organization("evil home");
  for (const name of evil) {
    const made = await admin("POST", "/v3/organizations", { name });
    assert.equal(made.status, 201, name);
    assert.deepEqual(
      namesOf(await admin("GET", `/v3/organizations?names=${encodeURIComponent(encodeURIComponent(name))}`)),
      [name],
    );
    await admin("POST", "/v3/spaces", { name, ...relationship("organization", organizationGuid) });
    await admin("POST", "/v3/organization_quotas", { name });
    await admin("POST", "/v3/security_groups", { name, rules: [] });
    await admin("POST", "/v3/isolation_segments", { name });
    for (const path of [
      "/v3/organizations",
      "/v3/spaces",
      "/v3/roles",
      "/v3/users",
      "/v3/domains",
      "/v3/routes",
      "/v3/organization_quotas",
      "/v3/space_quotas",
      "/v3/security_groups",
      "/v3/isolation_segments",
      "/v3/stacks",
      "/v3/feature_flags",
      "/v3/audit_events",
      "/v3/jobs",
      "/v3/service_instances",
      "/v3/service_credential_bindings",
    ]) {
      const one = await admin("GET", `${path}/${encodeURIComponent(name)}`);
      assert.equal(one.status, 404, `${path} ${name}`);
      const filtered = await admin("GET", `${path}?guids=${encodeURIComponent(encodeURIComponent(name))}`);
      assert.ok(filtered.status === 200 || filtered.status === 404, `${path} ${name}`);
    }
  }
  assert.equal((await admin("GET", "/v3/organizations?per_page=1")).status, 200);
});

test("routes: hosts, paths, ports and domains are checked in CC's words", async () => {
  const organizationGuid = await organization("roads");
  const spaceGuid = await space("lane", organizationGuid);
  const elsewhere = await space("other lane", organizationGuid);
  const { body } = await admin("GET", "/v3/domains");
  const domains = (body as { resources: { name: string; guid: string }[] }).resources;
  const domain = (name: string): string => domains.find((one) => one.name === name)!.guid;
  const create = (wanted: object, name: string, inSpace = spaceGuid): Promise<Answer> =>
    admin("POST", "/v3/routes", {
      ...wanted,
      relationships: { space: { data: { guid: inSpace } }, domain: { data: { guid: domain(name) } } },
    });
  const shared = "apps.cf.localhost";
  assert.equal((await create({ host: "www", path: "/a" }, shared)).status, 201);
  for (const [wanted, name, inSpace, detail] of [
    [{}, shared, spaceGuid, "Missing host. Routes in shared domains must have a host defined."],
    [
      { host: "www", path: "/a" },
      shared,
      spaceGuid,
      "Route already exists with host 'www' and path '/a' for domain 'apps.cf.localhost'.",
    ],
    [
      { host: "WWW", path: "/A" },
      shared,
      spaceGuid,
      "Route already exists with host 'WWW' and path '/A' for domain 'apps.cf.localhost'.",
    ],
    [{ host: "www", path: "/b" }, shared, elsewhere, "domain_id and host host_and_domain_taken_different_space"],
    [{ host: "www", port: 1024 }, shared, spaceGuid, "Routes with protocol 'http' do not support ports."],
    [{ host: "*" }, "apps.internal", spaceGuid, "Wildcard hosts are not supported for internal domains."],
    [{ host: "a", path: "/b" }, "apps.internal", spaceGuid, "Paths are not supported for internal domains."],
    [{ host: "a" }, "tcp.cf.localhost", spaceGuid, "Hosts are not supported for TCP routes."],
    [
      { port: 9 },
      "tcp.cf.localhost",
      spaceGuid,
      "Port '9' is not available. Try a different port or use a different domain.",
    ],
    [
      { host: "bad.host" },
      shared,
      spaceGuid,
      'Host must be either "*" or contain only alphanumeric characters, "_", or "-"',
    ],
  ] as const) {
    const answer = await create(wanted, name, inSpace);
    assert.deepEqual([answer.status, errorOf(answer).detail], [422, detail]);
  }
  const ports = [
    await create({}, "tcp.cf.localhost"),
    await create({}, "tcp.cf.localhost"),
    await create({}, "tcp.cf.localhost"),
  ];
  assert.deepEqual(ports.map(({ body: route }) => (route as { port: number }).port).sort(), [1024, 1025, 1026]);
  const fourth = await create({}, "tcp.cf.localhost");
  assert.equal(errorOf(fourth).detail, "There are no more ports available for this domain.");
  const reserved = await admin("GET", `/v3/domains/${domain(shared)}/route_reservations?host=www&path=%2Fa`);
  assert.deepEqual(reserved.body, { matching_route: true });
  await role("walker", "organization_user", "organization", organizationGuid);
  await role("walker", "space_developer", "space", spaceGuid);
  const walker = await cc.as("walker");
  const wildcard = await walker("POST", "/v3/routes", {
    host: "*",
    relationships: { space: { data: { guid: spaceGuid } }, domain: { data: { guid: domain(shared) } } },
  });
  assert.match(errorOf(wildcard).detail, /wildcard host on a domain not scoped to an organization/);
});

test("destinations are added, replaced with weights and taken away", async () => {
  const organizationGuid = await organization("maps");
  const spaceGuid = await space("city", organizationGuid);
  const app = await admin("POST", "/v3/apps", { name: "town", ...relationship("space", spaceGuid) });
  assert.equal(app.status, 201);
  const { body } = await admin("GET", "/v3/domains?names=apps.cf.localhost");
  const domainGuid = (body as { resources: { guid: string }[] }).resources[0]!.guid;
  const route = await admin("POST", "/v3/routes", {
    host: "town",
    relationships: { space: { data: { guid: spaceGuid } }, domain: { data: { guid: domainGuid } } },
  });
  const path = `/v3/routes/${guidOf(route)}/destinations`;
  const appGuid = guidOf(app);
  const added = await admin("POST", path, { destinations: [{ app: { guid: appGuid } }] });
  const shown = (answer: Answer) =>
    (answer.body as { destinations: { guid: string; port: number; weight: number | null; protocol: string }[] })
      .destinations;
  assert.deepEqual(
    shown(added).map(({ port, weight, protocol }) => [port, weight, protocol]),
    [[8080, null, "http1"]],
  );
  const again = await admin("POST", path, { destinations: [{ app: { guid: appGuid } }] });
  assert.deepEqual(shown(again), shown(added));
  const clash = await admin("POST", path, { destinations: [{ app: { guid: appGuid }, protocol: "http2" }] });
  assert.match(errorOf(clash).detail, /^Cannot add destination with protocol: http2/);
  const weighted = await admin("PATCH", path, {
    destinations: [
      { app: { guid: appGuid }, weight: 60 },
      { app: { guid: appGuid }, weight: 40, port: 9000 },
    ],
  });
  assert.equal(shown(weighted).length, 2);
  const more = await admin("POST", path, { destinations: [{ app: { guid: appGuid }, port: 9001 }] });
  assert.match(errorOf(more).detail, /weighted destinations already configured/);
  const one = await admin("DELETE", `${path}/${shown(weighted)[0]!.guid}`);
  assert.equal(errorOf(one).detail, "Weighted destinations cannot be deleted individually.");
  assert.deepEqual(shown(await admin("PATCH", path, { destinations: [] })), []);
  const ghost = await admin("POST", path, { destinations: [{ app: { guid: "ghost" } }] });
  assert.equal(errorOf(ghost).detail, 'App(s) with guid(s) "ghost" do not exist.');
});

test("routes count against the quotas of space and organization", async () => {
  const organizationGuid = await organization("narrow");
  const spaceGuid = await space("gap", organizationGuid);
  await admin("POST", "/v3/organization_quotas", {
    name: "one route",
    routes: { total_routes: 1 },
    relationships: { organizations: { data: [{ guid: organizationGuid }] } },
  });
  const { body } = await admin("GET", `/v3/organizations/${organizationGuid}/domains/default`);
  const create = (host: string): Promise<Answer> =>
    admin("POST", "/v3/routes", {
      host,
      relationships: {
        space: { data: { guid: spaceGuid } },
        domain: { data: { guid: (body as { guid: string }).guid } },
      },
    });
  assert.equal((await create("first")).status, 201);
  assert.equal(errorOf(await create("second")).detail, "Routes quota exceeded for organization 'narrow'.");
});

test("a private domain belongs to its organization", async () => {
  const mine = await organization("mine");
  const yours = await organization("yours");
  const create = (name: string, guid: string): Promise<Answer> =>
    admin("POST", "/v3/domains", { name, ...relationship("organization", guid) });
  const made = await create("example.com", mine);
  assert.equal(made.status, 201);
  assert.equal(errorOf(await create("Example.com", yours)).detail, 'The domain name "Example.com" is already in use');
  assert.match(
    errorOf(await create("sub.example.com", yours)).detail,
    /"example.com" is already reserved by another domain/,
  );
  assert.match(errorOf(await create("api.cf.localhost", yours)).detail, /reserved by the system/);
  const spaceGuid = await space("theirs", yours);
  const route = await admin("POST", "/v3/routes", {
    relationships: { space: { data: { guid: spaceGuid } }, domain: { data: { guid: guidOf(made) } } },
  });
  assert.equal(errorOf(route).detail, "Invalid domain. Domain 'example.com' is not available in organization 'yours'.");
  await admin("POST", `/v3/domains/${guidOf(made)}/relationships/shared_organizations`, { data: [{ guid: yours }] });
  const shared = await admin("POST", "/v3/routes", {
    relationships: { space: { data: { guid: spaceGuid } }, domain: { data: { guid: guidOf(made) } } },
  });
  assert.equal(shared.status, 201);
  const failed = await cc.job(await admin("DELETE", `/v3/organizations/${mine}`));
  assert.deepEqual([failed.state, failed.errors[0]?.code], ["FAILED", 290010]);
});

test("deleting an organization takes everything in it away", async () => {
  const organizationGuid = await organization("doomed");
  const spaceGuid = await space("inner", organizationGuid);
  await role("carl", "organization_user", "organization", organizationGuid);
  await admin("POST", "/v3/domains", { name: "doomed.org", ...relationship("organization", organizationGuid) });
  const instance = { type: "user-provided", name: "db", credentials: { a: 1 }, ...relationship("space", spaceGuid) };
  assert.equal((await admin("POST", "/v3/service_instances", instance)).status, 201);
  assert.equal((await admin("POST", "/v3/apps", { name: "app", ...relationship("space", spaceGuid) })).status, 201);
  const job = await cc.job(await admin("DELETE", `/v3/organizations/${organizationGuid}`));
  assert.deepEqual(job.errors, []);
  assert.equal((await admin("GET", `/v3/organizations/${organizationGuid}`)).status, 404);
  assert.equal((await admin("GET", `/v3/spaces/${spaceGuid}`)).status, 404);
  assert.deepEqual(namesOf(await admin("GET", "/v3/domains?names=doomed.org")), []);
});

test("the secrets of a user-provided service are for developers alone", async () => {
  const organizationGuid = await organization("vault");
  const spaceGuid = await space("room", organizationGuid);
  const made = await admin("POST", "/v3/service_instances", {
    type: "user-provided",
    name: "secret",
    credentials: { password: "hunter2" },
    ...relationship("space", spaceGuid),
  });
  await role("auditor", "organization_user", "organization", organizationGuid);
  await role("auditor", "space_auditor", "space", spaceGuid);
  const auditor = await cc.as("auditor");
  const path = `/v3/service_instances/${guidOf(made)}`;
  assert.equal((await auditor("GET", path)).status, 200);
  assert.equal((await auditor("GET", `${path}/credentials`)).status, 403);
  assert.deepEqual((await admin("GET", `${path}/credentials`)).body, { password: "hunter2" });
  const events = await admin("GET", `/v3/audit_events?target_guids=${guidOf(made)}`);
  assert.ok(!JSON.stringify(events.body).includes("hunter2"));
});

test("feature flags bind everybody but those whom CC lets through", async () => {
  await admin("PATCH", "/v3/feature_flags/user_org_creation", { enabled: true });
  const dora = await cc.as("dora");
  assert.equal((await dora("POST", "/v3/organizations", { name: "dora's" })).status, 201);
  const roles = await dora("GET", "/v3/roles?types=organization_manager");
  assert.equal((roles.body as { pagination: { total_results: number } }).pagination.total_results, 1);
  await admin("PATCH", "/v3/feature_flags/user_org_creation", { enabled: false });
  assert.equal((await dora("POST", "/v3/organizations", { name: "dora's second" })).status, 403);
});

test("the marketplace is open to callers without token until an operator hides it", async () => {
  assert.equal((await cc.fetch("GET", "/v3/service_offerings")).status, 200);
  await admin("PATCH", "/v3/feature_flags/hide_marketplace_from_unauthenticated_users", { enabled: true });
  assert.equal((await cc.fetch("GET", "/v3/service_offerings")).status, 401);
  await admin("PATCH", "/v3/feature_flags/hide_marketplace_from_unauthenticated_users", { enabled: false });
});

test("private ranges are closed: the default security groups open public networks and DNS", async () => {
  const { body } = await admin(
    "GET",
    "/v3/security_groups?globally_enabled_running=true&globally_enabled_staging=true",
  );
  const groups = (body as { resources: { name: string; rules: { destination: string }[] }[] }).resources;
  assert.deepEqual(
    groups.map(({ name }) => name),
    ["public_networks", "dns"],
  );
  assert.ok(!groups[0]!.rules.some(({ destination }) => /^(10|172\.16|192\.168)\./.test(destination)));
});

test("what was answered survives, and a job that was cut off runs again", async () => {
  const organizationGuid = await organization("lasting");
  const job = await admin("DELETE", `/v3/organizations/${organizationGuid}`);
  await cc.job(job);
  const second = await organization("resumed");
  await cc.restart(async () => {
    await using database = await openDatabase<CcDatabase>(cc.database, CC_MIGRATIONS);
    // As a process leaves it that was killed in the middle of the work.
    await sql`INSERT INTO jobs (guid, created_at, updated_at, operation, state, resource_type, resource_guid, user_guid, input, actor, errors, warnings)
      VALUES ('cut-off', 1, 1, 'organization.delete', 'PROCESSING', 'organization', ${second}, NULL, '{}',
      '{"guid":"u","type":"user","name":"u"}', '[]', '[]')`.execute(database.db);
  });
  admin = await cc.admin();
  const headers = new Headers({ location: `${cc.url}/v3/jobs/cut-off` });
  assert.equal((await cc.job({ status: 202, headers, body: null })).state, "COMPLETE");
  assert.equal((await admin("GET", `/v3/organizations/${second}`)).status, 404);
  assert.deepEqual(namesOf(await admin("GET", "/v3/organizations?names=hidden")), ["hidden"]);
});

test("a client that goes away in the middle of a body leaves the server well", async () => {
  const token = await cc.token("admin", ["cloud_controller.admin"]);
  const outgoing = request(`${cc.url}/v3/organizations`, {
    method: "POST",
    headers: { authorization: `bearer ${token}`, "content-length": "100" },
  });
  const closed = new Promise((resolve) => outgoing.on("close", resolve));
  outgoing.on("error", () => undefined);
  outgoing.write('{"name":');
  outgoing.destroy();
  await closed;
  assert.equal((await fetch(`${cc.url}/healthz`)).status, 200);
});
