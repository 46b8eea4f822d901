import assert from "node:assert/strict";
import { test } from "node:test";
import { type BootedUaa, bootUaa, type Json, newUser, password } from "./testing/boot-uaa.ts";

const POLICY = {
  minLength: 6,
  maxLength: 20,
  requireUpperCaseCharacter: 0,
  requireLowerCaseCharacter: 0,
  requireDigit: 1,
  requireSpecialCharacter: 0,
  expirePasswordInMonths: 0,
};
const OIDC = {
  type: "oidc1.0",
  originKey: "corp",
  name: "Corp",
  config: {
    discoveryUrl: "https://idp.example/d",
    relyingPartyId: "i",
    relyingPartySecret: "hush-hush",
    linkText: "Corp",
  },
};

async function internalId(uaa: BootedUaa, admin: string): Promise<string> {
  const [internal] = (await uaa.json("GET", "/identity-providers?originKey=uaa", admin)).json as unknown as Json[];
  return String(internal?.["id"]);
}

test("the internal provider's policies hold for passwords and for failures", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const path = `/identity-providers/${await internalId(uaa, admin)}`;
  const internal = { type: "uaa", originKey: "uaa", name: "uaa" };
  const lockoutPolicy = { lockoutPeriodSeconds: 60, lockoutAfterFailures: 2, countFailuresWithin: 60 };
  const put = await uaa.json("PUT", path, admin, { ...internal, config: { passwordPolicy: POLICY, lockoutPolicy } });
  assert.equal(put.status, 200, put.text);
  assert.equal(
    JSON.parse(String(put.json["config"]))["passwordPolicy"]["minLength"],
    6,
    "the config is JSON in a text",
  );
  const weak = await uaa.json("POST", "/Users", admin, { ...newUser("kim"), password: "short" });
  assert.deepEqual([weak.status, weak.json["error"]], [422, "invalid_password"]);
  assert.equal((await uaa.json("POST", "/Users", admin, { ...newUser("kim"), password: "longer1" })).status, 201);
  for (let attempt = 0; attempt < 2; attempt++) await uaa.token(password("kim", "wrong"));
  assert.match((await uaa.token(password("kim", "longer1"))).text, /account has been locked/);

  assert.equal((await uaa.json("PATCH", `${path}/status`, admin, { requirePasswordChange: true })).status, 200);
  assert.match((await uaa.token(password("admin", "s3cret"))).text, /password change required/);
  assert.equal((await uaa.json("PATCH", `${path}/status`, admin, { requirePasswordChange: false })).status, 422);
});

test("with an external store nobody makes internal users", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const path = `/identity-providers/${await internalId(uaa, admin)}`;
  const config = { disableInternalUserManagement: true };
  await uaa.json("PUT", path, admin, { type: "uaa", originKey: "uaa", name: "uaa", config });
  const refused = await uaa.json("POST", "/Users", admin, newUser("lea"));
  assert.deepEqual([refused.status, refused.json["error"]], [403, "internal_user_management_disabled"]);
  assert.equal((await uaa.json("POST", "/Users", admin, { ...newUser("lea"), origin: "corp" })).status, 201);
});

test("a provider keeps the secrets that a change does not mention, and goes with its accounts", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const created = await uaa.json("POST", "/identity-providers", admin, OIDC);
  assert.equal(created.status, 201);
  assert.equal((await uaa.json("POST", "/identity-providers", admin, OIDC)).status, 409);
  const path = `/identity-providers/${String(created.json["id"])}`;
  const { relyingPartySecret: _, ...config } = OIDC.config;
  const put = await uaa.json("PUT", `${path}?rawConfig=true`, admin, { ...OIDC, config, active: false });
  assert.equal(put.status, 200, put.text);
  assert.equal((put.json["config"] as Json)["authMethod"], "client_secret_basic", "it still has its secret");
  assert.ok(!put.text.includes("hush"));
  const active = (await uaa.json("GET", "/identity-providers?active_only=true", admin)).json as unknown as Json[];
  assert.deepEqual(
    active.map(({ originKey }) => originKey),
    ["uaa"],
  );
  const user = await uaa.json("POST", "/Users", admin, { ...newUser("mia"), origin: "corp" });
  assert.equal((await uaa.json("DELETE", path, admin)).status, 200);
  assert.equal((await uaa.json("GET", path, admin)).status, 404);
  assert.equal((await uaa.json("GET", `/Users/${String(user.json["id"])}`, admin)).status, 404);
  assert.equal((await uaa.json("DELETE", `/identity-providers/${await internalId(uaa, admin)}`, admin)).status, 422);
});

test("a configuration that cannot work is refused before anybody signs in by it", async () => {
  await using uaa = await bootUaa();
  const admin = await uaa.adminClient();
  const ldap = { baseUrl: "ldap://d.example", ldapProfileFile: "ldap/ldap-search-and-bind.xml" };
  for (const body of [
    { ...OIDC, config: { ...OIDC.config, relyingPartyId: "" } },
    { ...OIDC, config: { ...OIDC.config, linkText: null } },
    { ...OIDC, config: { ...OIDC.config, discoveryUrl: "file:///etc/passwd" } },
    { ...OIDC, config: { ...OIDC.config, discoveryUrl: null } },
    { ...OIDC, config: { ...OIDC.config, additionalAuthzParameters: { redirect_uri: "x" } } },
    { ...OIDC, config: { ...OIDC.config, attributeMappings: { user_name: { a: 1 } } } },
    { ...OIDC, originKey: "uaa" },
    { ...OIDC, originKey: "a/b" },
    { ...OIDC, type: "keystone" },
    { type: "ldap", originKey: "other", name: "l", config: ldap },
    { type: "ldap", originKey: "ldap", name: "l", config: { ...ldap, baseUrl: "http://d.example" } },
    { type: "ldap", originKey: "ldap", name: "l", config: { ...ldap, ldapProfileFile: "/etc/passwd" } },
    { type: "ldap", originKey: "ldap", name: "l", config: { ...ldap, tlsConfiguration: "sometimes" } },
  ]) {
    const refused = await uaa.json("POST", "/identity-providers", admin, body);
    assert.equal(refused.status, 422, JSON.stringify(body));
  }
  assert.equal((await uaa.json("POST", "/identity-providers", admin, { ...OIDC, config: "{" })).status, 400);
});
