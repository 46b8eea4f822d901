import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { decodeJwt } from "jose";
import { besideTestDatabase, testDatabase } from "../../kit/testing/test-database.ts";
import { atHost } from "./testing/at-host.ts";
import { type BootedUaa, basic, bootUaa, FORM, type Json, newUser } from "./testing/boot-uaa.ts";

/** Names of what is kept of zones beside the database of the default one. */
async function zoneDatabases(path: string): Promise<string[]> {
  const location = testDatabase(path);
  if ("url" in location) return await besideTestDatabase(location);
  return (await readdir(dirname(path))).filter((name) => name.includes("zone"));
}

const operator = (authorities: readonly string[], id = "operator"): Json => ({
  client_id: id,
  client_secret: "one",
  authorized_grant_types: ["client_credentials"],
  authorities,
});
const inZone = (id: string): Record<string, string> => ({ "x-identity-zone-id": id });

/** A token of a client with these authorities. */
async function tokenOf(uaa: BootedUaa, id: string, authorities: readonly string[]): Promise<string> {
  const created = await uaa.json("POST", "/oauth/clients", await uaa.adminClient(), operator(authorities, id));
  assert.equal(created.status, 201, created.text);
  return String((await uaa.token({ grant_type: "client_credentials" }, id, "one")).json["access_token"]);
}

const ACME = "acme.uaa.cf.localhost:8443";
const tokenAt = (uaa: BootedUaa, id: string, secret: string, form: Record<string, string>) =>
  atHost(
    uaa,
    ACME,
    "POST",
    "/oauth/token",
    { authorization: basic(id, secret), ...FORM },
    new URLSearchParams(form).toString(),
  );

test("a zone has accounts, clients, groups and keys of its own, and none reach across", async () => {
  await using uaa = await bootUaa();
  const zoned = await tokenOf(uaa, "zoner", ["zones.write", "zones.read"]);
  const zone = { id: "acme", subdomain: "Acme", name: "Acme", config: { tokenPolicy: { accessTokenValidity: 77 } } };
  const created = await uaa.json("POST", "/identity-zones", zoned, zone);
  assert.equal(created.status, 201, created.text);
  assert.equal(created.json["subdomain"], "acme");
  const manager = await tokenOf(uaa, "manager", ["zones.acme.admin"]);
  const asManager = (method: string, path: string, body?: Json) =>
    uaa.json(method, path, manager, body, inZone("acme"));

  const user = await asManager("POST", "/Users", newUser("admin"));
  assert.equal(user.status, 201, `the name is free here: ${user.text}`);
  assert.equal(user.json["zoneId"], "acme");
  const client = {
    ...operator(["uaa.admin", "scim.read"], "cf"),
    authorized_grant_types: ["client_credentials", "password"],
    scope: ["openid"],
  };
  assert.equal((await asManager("POST", "/oauth/clients", client)).status, 201);
  assert.equal((await asManager("POST", "/Groups", { displayName: "cloud_controller.admin" })).status, 201);
  assert.equal((await uaa.json("GET", `/Users/${String(user.json["id"])}`, await uaa.adminClient())).status, 404);

  const inAcme = await tokenAt(uaa, "cf", "one", { grant_type: "password", username: "admin", password: "pw" });
  assert.equal(inAcme.status, 200, inAcme.text);
  assert.equal(inAcme.json["expires_in"], 76, "the zone's own token policy");
  const claims = decodeJwt(String(inAcme.json["access_token"]));
  assert.deepEqual([claims.iss, claims["zid"]], [`https://${ACME}/oauth/token`, "acme"]);
  assert.equal(
    (await tokenAt(uaa, "cf", "one", { grant_type: "password", username: "admin", password: "s3cret" })).status,
    401,
  );
  assert.equal(
    (await tokenAt(uaa, "cf", "", { grant_type: "password", username: "admin", password: "pw" })).status,
    401,
  );

  const zoneAdmin = String(
    (await tokenAt(uaa, "cf", "one", { grant_type: "client_credentials" })).json["access_token"],
  );
  const bearer = { authorization: `bearer ${zoneAdmin}` };
  assert.equal((await atHost(uaa, ACME, "GET", "/Users", bearer)).status, 200);
  assert.equal(
    (await uaa.json("GET", "/Users", zoneAdmin)).status,
    401,
    "a zone's token is nothing in the default zone",
  );
  assert.equal((await uaa.json("GET", "/Users", zoneAdmin, undefined, inZone("acme"))).status, 401);
  const admin = { authorization: `bearer ${await uaa.adminClient()}` };
  assert.equal((await atHost(uaa, ACME, "GET", "/Users", admin)).status, 401, "nor the other way round");
  const keys = await atHost(uaa, ACME, "GET", "/token_keys", {});
  assert.notDeepEqual(keys.json, (await uaa.send("GET", "/token_keys", {})).json);
  assert.equal((await atHost(uaa, ACME, "GET", "/info", {})).json["zone_name"], "Acme");
});

test("who is switched into a zone has there what his scopes say, and nothing in another", async () => {
  await using uaa = await bootUaa();
  const zoned = await tokenOf(uaa, "zoner", ["zones.write"]);
  for (const id of ["acme", "beta"]) {
    assert.equal(
      (await uaa.json("POST", "/identity-zones", zoned, { id, subdomain: `${id}-sub`, name: id })).status,
      201,
    );
  }
  const reader = await tokenOf(uaa, "reader", ["zones.acme.clients.read", "zones.acme.scim.read", "scim.write"]);
  const ask = (method: string, path: string, headers: Record<string, string>, token = reader) =>
    uaa.json(method, path, token, method === "POST" ? newUser("x") : undefined, headers);
  assert.equal((await ask("GET", "/oauth/clients", inZone("acme"))).status, 200);
  assert.equal((await ask("GET", "/Users", { "x-identity-zone-subdomain": "acme-sub" })).status, 200);
  assert.equal((await ask("POST", "/Users", inZone("acme"))).status, 403, "scim.write of the default zone stays there");
  assert.deepEqual((await ask("GET", "/Users", inZone("beta"))).json, {
    error: "access_denied",
    error_description: "User is not authorized to switch to IdentityZone with id beta",
  });
  assert.equal((await ask("GET", "/Users", inZone("gamma"))).status, 404);
  assert.equal(
    (await ask("GET", "/Users", inZone("beta"), await uaa.adminClient())).status,
    200,
    "uaa.admin rules all zones. UAA: ZoneManagementScopes.ZONE_SWITCH_SCOPES",
  );
  assert.equal((await uaa.send("GET", "/Users", inZone("acme"))).status, 403);
  const stranger = await atHost(uaa, "gamma.uaa.cf.localhost", "GET", "/Users", {});
  assert.equal(stranger.status, 404);
  assert.equal((await atHost(uaa, "acme-sub.uaa.cf.localhost", "GET", "/info", inZone("beta"))).status, 403);
});

test("a zone is changed and deleted by who may, with all that is in it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-zones-"));
  try {
    const database = join(folder, "uaa.sqlite");
    {
      await using uaa = await bootUaa(database);
      const zoned = await tokenOf(uaa, "zoner", ["zones.write"]);
      const make = (body: Json) => uaa.json("POST", "/identity-zones", zoned, body);
      assert.equal((await make({ id: "acme", subdomain: "acme", name: "Acme" })).status, 201);
      assert.equal((await make({ subdomain: "ACME", name: "Again" })).status, 409);
      for (const body of [
        { subdomain: "x" },
        { name: "x" },
        { name: "x", subdomain: "a.b" },
        { name: "x", subdomain: "x", id: "../../etc" },
        { name: "x", subdomain: "x", id: "uaa" },
        { name: "x", subdomain: "x", config: { tokenPolicy: { accessTokenValidity: "long" } } },
        { name: "x", subdomain: "x", config: [] },
      ]) {
        const refused = await make(body);
        assert.deepEqual([refused.status, refused.json["error"]], [422, "invalid_identity_zone"], JSON.stringify(body));
      }
      const manager = await tokenOf(uaa, "manager", ["zones.acme.admin"]);
      assert.equal((await uaa.json("POST", "/Users", manager, newUser("eva"), inZone("acme"))).status, 201);
      const put = await uaa.json(
        "PUT",
        "/identity-zones/acme",
        manager,
        { subdomain: "acme2", name: "New" },
        inZone("acme"),
      );
      assert.deepEqual([put.status, put.json["version"]], [200, 1], put.text);
      assert.equal((await atHost(uaa, "acme.uaa.cf.localhost", "GET", "/info", {})).status, 404);
      assert.equal((await atHost(uaa, "acme2.login.cf.localhost", "GET", "/info", {})).status, 200);
      assert.equal((await uaa.json("DELETE", "/identity-zones/acme", manager)).status, 403);
      assert.equal((await uaa.json("GET", "/identity-zones", manager)).status, 403, "nobody has switched him");
      assert.equal((await uaa.json("GET", "/identity-zones", manager, undefined, inZone("acme"))).status, 200);
      assert.equal((await uaa.json("GET", "/identity-zones", await uaa.adminClientWith("scim.read"))).status, 403);
    }
    await using uaa = await bootUaa(database);
    const zoned = String((await uaa.token({ grant_type: "client_credentials" }, "zoner", "one")).json["access_token"]);
    const manager = String(
      (await uaa.token({ grant_type: "client_credentials" }, "manager", "one")).json["access_token"],
    );
    assert.equal(
      (await zoneDatabases(database)).some((name) => name.includes("acme")),
      true,
    );
    const found = await uaa.json("GET", "/Users", manager, undefined, inZone("acme"));
    assert.equal(found.json["totalResults"], 1, "a zone outlives a restart");
    assert.equal((await uaa.json("DELETE", "/identity-zones/acme", zoned)).status, 200);
    assert.deepEqual(await zoneDatabases(database), []);
    assert.equal(
      (await uaa.json("POST", "/identity-zones", zoned, { id: "acme", subdomain: "acme", name: "A" })).status,
      201,
    );
    const empty = await uaa.json("GET", "/Users", manager, undefined, inZone("acme"));
    assert.equal(empty.json["totalResults"], 0, "a later zone of this name begins empty");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a zone's clients can be made from outside, without power over it", async () => {
  await using uaa = await bootUaa();
  const zoned = await tokenOf(uaa, "zoner", ["zones.write"]);
  await uaa.json("POST", "/identity-zones", zoned, { id: "acme", subdomain: "acme", name: "Acme" });
  const client = {
    client_id: "shop",
    client_secret: "s",
    authorized_grant_types: ["authorization_code"],
    scope: ["openid"],
    authorities: ["uaa.resource"],
    redirect_uri: ["https://shop.example/callback"],
  };
  const make = (more: Json) => uaa.json("POST", "/identity-zones/acme/clients", zoned, { ...client, ...more });
  assert.equal((await make({ authorities: ["clients.admin"] })).status, 400);
  assert.equal((await make({ authorities: ["uaa.none"], authorized_grant_types: ["client_credentials"] })).status, 400);
  const made = await make({ authorities: ["uaa.none"] });
  assert.equal(made.status, 201, made.text);
  assert.equal((await uaa.json("GET", "/oauth/clients/shop", await uaa.adminClient())).status, 404);
  assert.equal((await uaa.json("DELETE", "/identity-zones/acme/clients/shop", zoned)).status, 200);
  assert.equal((await uaa.json("DELETE", "/identity-zones/acme/clients/shop", zoned)).status, 404);
});

test("the default zone is listed with the others, and nobody changes or deletes it", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  await uaa.json("POST", "/identity-zones", admin, { id: "acme", subdomain: "acme", name: "Acme" });
  const listed = (await uaa.json("GET", "/identity-zones", admin)).json as unknown as Json[];
  assert.deepEqual(
    listed.map(({ id, subdomain }) => [id, subdomain]),
    [
      ["uaa", ""],
      ["acme", "acme"],
    ],
  );
  assert.equal((await uaa.json("GET", "/identity-zones/uaa", admin)).json["name"], "uaa");
  const ofAcme = await uaa.json(
    "GET",
    "/identity-zones",
    await tokenOf(uaa, "m", ["zones.acme.admin"]),
    undefined,
    inZone("acme"),
  );
  assert.deepEqual(
    (ofAcme.json as unknown as Json[]).map(({ id }) => id),
    ["acme"],
  );
  const { links } = (ofAcme.json as unknown as [{ config: { links: Json } }])[0].config;
  assert.equal((links["logout"] as Json)["redirectUrl"], "/login", "what holds is shown");
  for (const [method, path, body] of [
    ["PUT", "/identity-zones/uaa", { subdomain: "x", name: "x" }],
    ["DELETE", "/identity-zones/uaa", undefined],
    ["POST", "/identity-zones/uaa/clients", {}],
    ["DELETE", "/identity-zones/uaa/clients/cf", undefined],
  ] as const) {
    const refused = await uaa.json(method, path, admin, body);
    assert.deepEqual([refused.status, refused.json["error_description"]], [403, "Access to UAA is not allowed."], path);
  }
});

test("a zone has its own policies: of tokens, of clients' secrets, of passwords and of failures", async () => {
  await using uaa = await bootUaa();
  const zoned = await tokenOf(uaa, "zoner", ["zones.write", "zones.acme.admin"]);
  const config = {
    tokenPolicy: { accessTokenValidity: 60, refreshTokenFormat: "opaque" },
    clientSecretPolicy: { minLength: 6, maxLength: 20, requireDigit: 1 },
  };
  await uaa.json("POST", "/identity-zones", zoned, { id: "acme", subdomain: "acme", name: "Acme", config });
  const inAcme = (method: string, path: string, body?: unknown) => uaa.json(method, path, zoned, body, inZone("acme"));
  const client = { ...operator(["uaa.none"], "app"), authorized_grant_types: ["password"], scope: ["openid"] };
  const weak = await inAcme("POST", "/oauth/clients", client);
  assert.deepEqual(weak.json, {
    error: "invalid_client",
    error_description:
      "Client Secret must be at least 6 characters in length. Client Secret must contain at least 1 digit characters.",
  });
  assert.equal((await inAcme("POST", "/oauth/clients", { ...client, client_secret: "longer1" })).status, 201);
  const short = await inAcme("PUT", "/oauth/clients/app/secret", { secret: "short1", changeMode: "UPDATE" });
  assert.equal(short.status, 200, "six will do");
  assert.equal(
    (await uaa.json("POST", "/oauth/clients", await uaa.adminClient(), operator(["uaa.none"], "x"))).status,
    201,
  );
  const [internal] = (await inAcme("GET", "/identity-providers")).json as unknown as [{ id: string }];
  const counts = {
    requireUpperCaseCharacter: 0,
    requireLowerCaseCharacter: 0,
    requireSpecialCharacter: 0,
    expirePasswordInMonths: 0,
  };
  const provider = {
    originKey: "uaa",
    name: "uaa",
    type: "uaa",
    config: {
      passwordPolicy: { minLength: 4, maxLength: 255, requireDigit: 1, ...counts },
      lockoutPolicy: { lockoutAfterFailures: 2, countFailuresWithin: 60, lockoutPeriodSeconds: 60 },
    },
  };
  assert.equal((await inAcme("PUT", `/identity-providers/${internal.id}`, provider)).status, 200);
  assert.equal((await inAcme("POST", "/Users", newUser("eva"))).status, 422);
  assert.equal((await inAcme("POST", "/Users", { ...newUser("eva"), password: "pass1" })).status, 201);
  assert.equal((await uaa.json("POST", "/Users", await uaa.adminClient(), newUser("eva"))).status, 201, "not here");
  const ask = (password: string) =>
    tokenAt(uaa, "app", "short1", { grant_type: "password", username: "eva", password });
  const granted = await ask("pass1");
  assert.deepEqual([granted.status, granted.json["expires_in"]], [200, 59]);
  assert.ok(!String(granted.json["refresh_token"]).includes("."), "nothing but an id");
  await ask("wrong");
  await ask("wrong");
  assert.match(String((await ask("pass1")).json["error_description"]), /locked because of too many failed attempts/);
});

test("a zone looks as its configuration says: prompts, names on its pages, where people go", async () => {
  await using uaa = await bootUaa();
  const zoned = await tokenOf(uaa, "zoner", ["zones.write"]);
  const config = {
    branding: {
      companyName: "Acme & <Sons>",
      footerLegalText: "All rights",
      footerLinks: { Terms: "https://acme.example/terms", Trap: "javascript:alert(1)" },
    },
    prompts: [
      { name: "username", type: "text", text: "Badge" },
      { name: "password", type: "password", text: "Pass phrase" },
    ],
    links: {
      homeRedirect: "https://{zone.subdomain}.example/start",
      logout: { redirectUrl: "/login?bye", redirectParameterName: "next", whitelist: ["https://acme.example/**"] },
      selfService: { selfServiceLinksEnabled: false },
    },
  };
  const made = await uaa.json("POST", "/identity-zones", zoned, {
    id: "acme",
    subdomain: "acme",
    name: "Acme",
    config,
  });
  assert.equal(made.status, 201, made.text);
  const get = (path: string, accept = "application/json") => atHost(uaa, ACME, "GET", path, { accept });
  assert.deepEqual((await get("/info")).json["prompts"], {
    username: ["text", "Badge"],
    password: ["password", "Pass phrase"],
  });
  const page = (await get("/login", "text/html")).text;
  assert.match(page, /<title>Sign in · Acme &amp; &lt;Sons&gt;<\/title>/);
  assert.match(page, /<footer>All rights · <a href="https:\/\/acme.example\/terms">Terms<\/a><\/footer>/);
  assert.ok(!page.includes("javascript:"));
  const out = async (query: string) =>
    (await atHost(uaa, ACME, "GET", `/logout.do${query}`, {})).headers.get("location");
  assert.equal(await out(""), "/login?bye");
  assert.equal(await out("?next=https://acme.example/x"), "https://acme.example/x");
  assert.equal(await out("?next=https://evil.example/x"), "/login?bye");
  assert.equal(await out("?redirect=https://acme.example/x"), "/login?bye", "another name for it");
  assert.ok(
    !(await uaa.send("GET", "/login", { accept: "text/html" })).text.includes("Acme"),
    "the default zone is itself",
  );
});
