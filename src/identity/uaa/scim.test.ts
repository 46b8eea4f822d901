import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type BootedUaa, bootUaa, type Json, newUser, password } from "./testing/boot-uaa.ts";
import { assertScopesAsked } from "./testing/refusals.ts";

const filter = (text: string): string => encodeURIComponent(text);
const make = async (uaa: BootedUaa, token: unknown, path: string, body: Json): Promise<Json> => {
  const created = await uaa.json("POST", path, token, body);
  assert.equal(created.status, 201, created.text);
  return created.json;
};
const namesOf = (page: Json, attribute: string): unknown[] =>
  (page["resources"] as Json[]).map((resource) => resource[attribute]);

test("users are found by every operator, sorted, paged and cut down to attributes", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  for (const name of ["anna@a.org", "bob@a.org", "carol@b.org"]) await make(uaa, admin, "/Users", newUser(name));
  const list = async (query: string) => await uaa.json("GET", `/Users?${query}`, admin);
  for (const [text, expected] of [
    ['userName eq "ANNA@A.ORG"', ["anna@a.org"]],
    ['username co "@a.org"', ["anna@a.org", "bob@a.org"]],
    ['userName sw "car"', ["carol@b.org"]],
    ['userName gt "bob@a.org"', ["carol@b.org"]],
    ['userName ge "bob@a.org" and userName lt "carol@b.org"', ["bob@a.org"]],
    ['userName le "anna@a.org" and emails.value pr', ["admin", "anna@a.org"]],
    ['(userName eq "admin" or userName eq "bob@a.org") and active eq true', ["admin", "bob@a.org"]],
    ['emails.value eq "bob@a.org"', ["bob@a.org"]],
    ["verified eq false", []],
    ["externalId pr", []],
    [
      'meta.created gt "2001-01-01T00:00:00.000Z" and origin eq "uaa" and id pr',
      ["admin", "anna@a.org", "bob@a.org", "carol@b.org"],
    ],
  ] as const) {
    const { status, json } = await list(`filter=${filter(text)}&sortBy=userName`);
    assert.equal(status, 200, text);
    assert.deepEqual(namesOf(json, "userName"), expected, text);
  }
  const page = await list(
    "sortBy=userName&sortOrder=descending&startIndex=2&count=2&attributes=userName,emails.value,familyName",
  );
  assert.deepEqual(
    page.json["resources"],
    [
      { userName: "bob@a.org", "emails.value": ["bob@a.org"], familyName: null },
      { userName: "anna@a.org", "emails.value": ["anna@a.org"], familyName: null },
    ].map((expected) => ({ ...expected, userName: expected.userName })),
  );
  assert.deepEqual([page.json["totalResults"], page.json["startIndex"], page.json["itemsPerPage"]], [4, 2, 2]);
  for (const bad of [
    "userName",
    'userName ne "x"',
    'password eq "x"',
    "(id pr",
    'userName eq "x" and',
    "id pr; drop table users",
    "userName eq x",
  ]) {
    const refused = await list(`filter=${filter(bad)}`);
    assert.deepEqual([refused.status, refused.json["error"]], [400, "scim"], bad);
  }
  assert.equal((await list("sortBy=passwordHash")).status, 400);
});

test("a user changes only from the version that was seen, and PATCH keeps the rest", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const user = await make(uaa, admin, "/Users", {
    ...newUser("dora@a.org"),
    phoneNumbers: [{ value: "1" }],
    name: { givenName: "Dora", familyName: "D" },
  });
  const path = `/Users/${String(user["id"])}`;
  const change = (method: string, body: Json, version: string) =>
    uaa.json(method, path, admin, body, { "if-match": version });
  assert.equal((await uaa.json("PUT", path, admin, newUser("dora@a.org"))).status, 400, "If-Match is missing");
  const patched = await change("PATCH", { name: { familyName: "E" }, meta: { attributes: ["phoneNumbers"] } }, '"0"');
  assert.equal(patched.status, 200, patched.text);
  assert.equal(patched.headers.get("etag"), '"1"');
  assert.deepEqual(patched.json["name"], { familyName: "E", givenName: "Dora" });
  assert.equal(patched.json["phoneNumbers"], undefined);
  assert.equal((await change("PATCH", { active: false }, "0")).status, 409);
  assert.equal((await change("PATCH", { active: false }, "nonsense")).status, 400);
  assert.equal((await change("PATCH", { origin: "ldap" }, "*")).status, 400);
  assert.equal((await change("PUT", { userName: "dora@a.org", emails: [] }, "*")).status, 400);
  const two = { userName: "dora@a.org", emails: [{ value: "a@b.c" }, { value: "b@b.c" }] };
  assert.match((await change("PUT", two, "*")).text, /Exactly one email must be provided/);
  const raced = await Promise.all([
    change("PATCH", { externalId: "a" }, "1"),
    change("PATCH", { externalId: "b" }, "1"),
  ]);
  assert.deepEqual(raced.map(({ status }) => status).sort(), [200, 409], "one of two writers wins");
});

test("a deactivated user is out at once, and back when he is activated", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const user = await make(uaa, admin, "/Users", newUser("eve@a.org"));
  const token = (await uaa.token(password("eve@a.org", "pw"))).json;
  const set = async (active: boolean) =>
    await uaa.json("PATCH", `/Users/${String(user["id"])}`, admin, { active }, { "if-match": "*" });
  await set(false);
  assert.equal((await uaa.token(password("eve@a.org", "pw"))).status, 401);
  assert.equal((await uaa.json("GET", "/userinfo", token["access_token"])).status, 401);
  assert.equal(
    (await uaa.token({ grant_type: "refresh_token", refresh_token: String(token["refresh_token"]) })).status,
    401,
  );
  await set(true);
  assert.equal((await uaa.token(password("eve@a.org", "pw"))).status, 200);
});

test("groups hold users and groups; members come and go one by one, by PATCH and by PUT", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const [frank, gina] = [
    await make(uaa, admin, "/Users", newUser("frank")),
    await make(uaa, admin, "/Users", newUser("gina")),
  ];
  const inner = await make(uaa, admin, "/Groups", { displayName: "team.inner", members: [{ value: frank["id"] }] });
  const outer = await make(uaa, admin, "/Groups", {
    displayName: "team.outer",
    description: "all",
    members: [{ value: inner["id"], type: "GROUP" }],
  });
  const seen = await uaa.json("GET", `/Users/${String(frank["id"])}`, admin);
  const held = (seen.json["groups"] as Json[]).filter(({ display }) => String(display).startsWith("team."));
  assert.deepEqual(
    held.map(({ display, type }) => [display, type]),
    [
      ["team.inner", "DIRECT"],
      ["team.outer", "INDIRECT"],
    ],
  );

  const path = `/Groups/${String(outer["id"])}`;
  const members = async (): Promise<unknown[]> =>
    ((await uaa.json("GET", `${path}/members`, admin)).json as unknown as Json[]).map(({ value }) => value);
  assert.equal((await uaa.json("POST", `${path}/members`, admin, { value: gina["id"] })).status, 201);
  assert.equal(
    (await uaa.json("POST", `${path}/members`, admin, { value: gina["id"] })).json["error"],
    "member_already_exists",
  );
  assert.deepEqual((await members()).length, 2);
  const entities = await uaa.json("GET", `${path}/members?returnEntities=true`, admin);
  assert.deepEqual(
    (entities.json as unknown as Json[])
      .map(({ entity }) => (entity as Json)["userName"] ?? (entity as Json)["displayName"])
      .sort(),
    ["gina", "team.inner"],
  );
  const patch = (body: Json) => uaa.json("PATCH", path, admin, body, { "if-match": "*" });
  const patched = await patch({ members: [{ value: gina["id"], operation: "delete" }, { value: frank["id"] }] });
  assert.equal(patched.status, 200, patched.text);
  assert.equal(patched.json["description"], "all");
  assert.deepEqual((await members()).toSorted(), [inner["id"], frank["id"]].toSorted());
  assert.equal((await patch({ meta: { attributes: ["members", "description"] } })).json["description"], undefined);
  assert.deepEqual(await members(), []);
  assert.equal((await patch({ members: [{ value: outer["id"], type: "GROUP" }] })).status, 400, "not within itself");
  assert.equal((await patch({ members: [{ value: "nobody" }] })).status, 400);
  assert.equal((await uaa.json("DELETE", path, admin, undefined, { "if-match": "0" })).status, 409);
  assert.equal((await uaa.json("DELETE", path, admin)).status, 200);
  assert.equal((await uaa.json("GET", path, admin)).status, 404);
});

test("groups of another provider are mapped, listed and unmapped by each of the paths", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const group = await make(uaa, admin, "/Groups", { displayName: "acme.deploy" });
  const id = String(group["id"]);
  const name = "cn=devs,ou=x";
  const map = (body: Json) => uaa.json("POST", "/Groups/External", admin, { externalGroup: name, ...body });
  const e = encodeURIComponent(name);
  for (const [body, path] of [
    [{ groupId: id, origin: "o" }, `groupId/${id}/externalGroup/${e}/origin/o`],
    [{ groupId: id }, `groupId/${id}/externalGroup/${e}`],
    [{ displayName: "acme.deploy", origin: "o" }, `displayName/acme.deploy/externalGroup/${e}/origin/o`],
    [{ displayName: "acme.deploy" }, `displayName/acme.deploy/externalGroup/${e}`],
    [{ groupId: id }, `id/${id}/${e}`],
    [{ groupId: id }, `acme.deploy/${e}`],
  ] as const) {
    assert.equal((await map(body)).status, 201, path);
    assert.equal((await map(body)).status, 409, path);
    for (const query of [
      `origin=${"origin" in body ? "o" : "ldap"}`,
      `externalGroup=${e}`,
      `filter=${filter(`externalGroup eq "${name}"`)}`,
    ]) {
      const { json } = await uaa.json("GET", `/Groups/External?${query}`, admin);
      assert.equal(json["totalResults"], 1, query);
    }
    assert.equal((await uaa.json("DELETE", `/Groups/External/${path}`, admin)).status, 200, path);
    assert.equal((await uaa.json("DELETE", `/Groups/External/${path}`, admin)).status, 404, path);
  }
  assert.equal((await map({ displayName: "nobody" })).status, 404);
  assert.equal((await uaa.json("GET", `/Groups/External?filter=${filter("origin pr")}`, admin)).status, 400);
});

test("who may only convert ids sees ids, names and origins, and no wildcards", async () => {
  await using uaa = await bootUaa();
  const lookup = (await uaa.token({ grant_type: "client_credentials" }, "cloud_controller_username_lookup")).json[
    "access_token"
  ];
  const ask = (text: string) => uaa.json("GET", `/ids/Users?filter=${filter(text)}`, lookup);
  const { json } = await ask('userName eq "admin" and origin eq "uaa"');
  assert.deepEqual(Object.keys((json["resources"] as Json[])[0]!).sort(), ["id", "origin", "userName"]);
  const found = async (query: string) =>
    (await uaa.json("GET", `/ids/Users?filter=${filter('userName eq "gone" or userName eq "admin"')}${query}`, lookup))
      .json;
  await make(uaa, await uaa.adminClient(), "/Users", { ...newUser("gone"), active: false });
  assert.deepEqual(namesOf(await found(""), "userName"), ["admin"], "who is not active is not told");
  assert.deepEqual(namesOf(await found("&includeInactive=true"), "userName"), ["admin", "gone"]);
  for (const bad of ['userName co "a"', "userName pr", 'origin eq "uaa"', 'email eq "a"', 'id gt "a"', ""]) {
    assert.equal((await ask(bad)).status, 400, bad);
  }
});

test("each endpoint of users and groups asks for its scope", async () => {
  await using uaa = await bootUaa();
  await assertScopesAsked(uaa, [
    ["GET", "/Users"],
    ["POST", "/Users"],
    ["GET", "/Users/x"],
    ["PUT", "/Users/x"],
    ["PATCH", "/Users/x"],
    ["DELETE", "/Users/x"],
    ["PATCH", "/Users/x/status"],
    ["GET", "/Users/x/verify"],
    ["GET", "/Users/x/verify-link"],
    ["GET", "/ids/Users?filter=id+pr"],
    ["GET", "/Groups"],
    ["POST", "/Groups"],
    ["GET", "/Groups/x"],
    ["PUT", "/Groups/x"],
    ["PATCH", "/Groups/x"],
    ["DELETE", "/Groups/x"],
    ["GET", "/Groups/x/members"],
    ["GET", "/Groups/x/members/y"],
    ["POST", "/Groups/x/members"],
    ["DELETE", "/Groups/x/members/y"],
    ["GET", "/Groups/External"],
    ["GET", "/Groups/External/list"],
    ["POST", "/Groups/External"],
    ["DELETE", "/Groups/External/x/y"],
    ["POST", "/Groups/zones"],
    ["DELETE", "/Groups/zones/x/y"],
    ["DELETE", "/Groups/zones/x/y/admin"],
    ["GET", "/identity-providers"],
    ["POST", "/identity-providers"],
    ["GET", "/identity-providers/x"],
    ["PUT", "/identity-providers/x"],
    ["DELETE", "/identity-providers/x"],
    ["PATCH", "/identity-providers/x/status"],
    ["POST", "/identity-providers/test"],
  ]);
});

test("property: no filter, however hostile, is more than a bad request", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const word = fc.constantFrom(
    "userName",
    "id",
    "active",
    "meta.created",
    "(",
    ")",
    "and",
    "or",
    "not",
    "pr",
    "eq",
    "co",
    "sw",
    "gt",
    '"a"',
    '"%_\'"',
    "true",
    "null",
    "-1",
    "1e999",
    '"\\u0000"',
    "'; DROP TABLE users --",
  );
  const anyFilter = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.array(word, { maxLength: 30 }).map((words) => words.join(" ")),
  );
  await fc.assert(
    fc.asyncProperty(
      anyFilter,
      fc.constantFrom("/Users", "/Groups", "/ids/Users", "/oauth/clients", "/Groups/External"),
      async (text, path) => {
        const { status } = await uaa.json("GET", `${path}?filter=${encodeURIComponent(text.toWellFormed())}`, admin);
        assert.ok(status === 200 || status === 400 || status === 403, `${status} for ${path} ${text}`);
      },
    ),
    { numRuns: 300 },
  );
  const deep = `${"(".repeat(5000)}id pr${")".repeat(5000)}`;
  const wide = Array.from({ length: 3000 }, (_, index) => `id eq "${index}"`).join(" or ");
  const lookup = (await uaa.token({ grant_type: "client_credentials" }, "cloud_controller_username_lookup")).json[
    "access_token"
  ];
  const ask = async (text: string): Promise<number> => {
    const headers = { authorization: `bearer ${String(lookup)}`, "content-type": "application/x-www-form-urlencoded" };
    return (await uaa.send("POST", "/ids/Users", headers, new URLSearchParams({ filter: text }).toString())).status;
  };
  assert.equal(await ask(deep), 400, "too deep");
  assert.equal(await ask(wide), 200, "many names are no more than many names");
});

test("property: no body, however hostile, is more than a bad request", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: "binary" }), fc.constant("x".repeat(300)));
  const fields = [
    "userName",
    "emails",
    "name",
    "phoneNumbers",
    "password",
    "origin",
    "active",
    "externalId",
    "meta",
    "displayName",
    "members",
    "client_id",
    "authorized_grant_types",
    "scope",
    "client_secret",
    "redirect_uri",
    "type",
    "originKey",
    "config",
    "externalGroup",
    "groupId",
    "jwks",
    "__proto__",
    "constructor",
  ];
  const body = fc.oneof(
    fc.dictionary(fc.constantFrom(...fields), value),
    fc.record({ userName: value, emails: fc.array(fc.record({ value })) }),
    fc.record({ displayName: value, members: fc.array(fc.record({ value, type: value, operation: value })) }),
    fc.record({ type: fc.constantFrom("ldap", "oidc1.0", "uaa"), originKey: value, name: value, config: value }),
  );
  const target = fc.constantFrom(
    "/Users",
    "/Groups",
    "/Groups/External",
    "/Groups/zones",
    "/oauth/clients",
    "/identity-providers",
    "/identity-providers/test",
  );
  await fc.assert(
    fc.asyncProperty(body, target, async (json, path) => {
      const text = JSON.stringify(json).replaceAll(/\\u[dD][89a-fA-F]../g, "?");
      const headers = { authorization: `bearer ${admin}`, "content-type": "application/json" };
      const { status } = await uaa.send("POST", path, headers, text);
      assert.ok(status < 500, `${status} for ${path} ${text}`);
    }),
    { numRuns: 400 },
  );
});
