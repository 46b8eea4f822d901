import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from "jose";
import { type BootedUaa, bootUaa, type Json, UAA_URL } from "./testing/boot-uaa.ts";
import { Browser } from "./testing/browser.ts";
import { startOidcServer } from "./testing/oidc-server.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const providerOf = (config: Json, originKey = "corp"): Json => ({
  type: "oidc1.0",
  originKey,
  name: "Corporate",
  config: {
    relyingPartyId: "ingot",
    relyingPartySecret: "rp-secret-0123456789",
    linkText: "Sign in with Corp",
    scopes: ["openid", "profile", "email"],
    attributeMappings: { user_name: "email", external_groups: ["groups"], "user.attribute.team": "groups" },
    ...config,
  },
});

async function signIn(uaa: BootedUaa, issuer: string, account: string) {
  const browser = new Browser(new Map([[UAA_URL, uaa.baseUrl]]));
  const page = await browser.open(`${UAA_URL}/login?form_redirect_uri=/passcode`);
  const html = await page.text();
  const href = /href="(\/login\/external\/[^"]+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&");
  assert.ok(href !== undefined, "the login page offers the provider");
  let { url, response } = await browser.follow(UAA_URL + href);
  assert.ok(url.startsWith(`${issuer}/interaction/`), url);
  const login = /action="([^"]+)"/.exec(await response.text())?.[1] ?? "";
  ({ url, response } = await browser.follow(login, { prompt: "login", login: account, password: "any" }));
  const consent = /action="([^"]+)"/.exec(await response.text())?.[1] ?? "";
  return { browser, ...(await browser.follow(consent, { prompt: "consent" }, `${UAA_URL}/passcode`)) };
}

test("a person of an OpenID Connect provider signs in, gets a shadow account, and groups that come and go", async () => {
  await using uaa = await bootUaa();
  let groups = ["platform-admins", "staff"];
  await using server = await startOidcServer([`${UAA_URL}/login/callback/corp`], (account) => ({
    email: `${account}@corp.example`,
    email_verified: true,
    given_name: "Anna",
    groups,
  }));
  const admin = await uaa.adminClient();
  const provider = providerOf({ discoveryUrl: `${server.issuer}/.well-known/openid-configuration` });
  const created = await uaa.json("POST", "/identity-providers?rawConfig=true", admin, provider);
  assert.equal(created.status, 201, created.text);
  assert.ok(!created.text.includes("rp-secret"), "a secret never comes out");
  assert.equal((created.json["config"] as Json)["authMethod"], "client_secret_basic");
  const mapping = { displayName: "cloud_controller.admin", externalGroup: "platform-admins", origin: "corp" };
  assert.equal((await uaa.json("POST", "/Groups/External", admin, mapping)).status, 201);

  const first = await signIn(uaa, server.issuer, "anna");
  assert.equal(first.url, `${UAA_URL}/passcode`, await first.response.clone().text());
  const passcode = /[\w-]{10,}(?=<)/g;
  const html = await (await first.browser.open(first.url)).text();
  const code = html.match(passcode)?.find((word) => word.length >= 10) ?? "";
  const { json: token } = await uaa.token({ grant_type: "password", passcode: code });
  assert.match(String(token["scope"]), /cloud_controller\.admin/, "the outside group gives ours");
  const found = await uaa.json("GET", `/Users?filter=${encodeURIComponent('origin eq "corp"')}`, admin);
  const user = (found.json["resources"] as Json[])[0] ?? {};
  assert.equal(user["userName"], "anna@corp.example");
  assert.equal(user["verified"], true);
  assert.equal((user["name"] as Json)["givenName"], "Anna");
  assert.equal(user["externalId"], "anna");

  groups = ["staff"];
  await signIn(uaa, server.issuer, "anna");
  const after = await uaa.json("GET", `/Users/${String(user["id"])}`, admin);
  assert.ok(!(after.json["groups"] as Json[]).some(({ display }) => display === "cloud_controller.admin"));
});

test("an answer that this browser did not ask for signs nobody in", async () => {
  await using uaa = await bootUaa();
  await using server = await startOidcServer([`${UAA_URL}/login/callback/corp`], () => ({ email: "a@b.c" }));
  const discoveryUrl = `${server.issuer}/.well-known/openid-configuration`;
  await uaa.json("POST", "/identity-providers", await uaa.adminClient(), providerOf({ discoveryUrl }));
  const mine = new Browser(new Map([[UAA_URL, uaa.baseUrl]]));
  const sent = await mine.open(`${UAA_URL}/login/external/corp?form_redirect_uri=https://evil.example`);
  const state = new URL(sent.headers.get("location") ?? "").searchParams.get("state");
  const other = new Browser(new Map([[UAA_URL, uaa.baseUrl]]));
  const planted = await other.open(`${UAA_URL}/login/callback/corp?code=x&state=${state}`);
  assert.equal(planted.status, 401);
  const again = await mine.open(`${UAA_URL}/login/callback/corp?code=x&state=${state}`);
  assert.equal(again.status, 401, "a state works once");
});

test("a provider's tokens count only with its signature, for us, in time; keys that it changes are fetched anew", async () => {
  let keys = await generateKeyPair("RS256");
  let kid = "one";
  const server = createServer(async (_request, response) => {
    const jwk = { ...(await exportJWK(keys.publicKey)), kid, alg: "RS256", use: "sig" };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    let offsetMs = 0;
    const { systemClock } = await import("../../kit/clock-system.ts");
    const system = systemClock();
    await using uaa = await bootUaa(":memory:", { ...system, nowMs: () => system.nowMs() + offsetMs });
    const config = { issuer, authUrl: `${issuer}/a`, tokenUrl: `${issuer}/t`, tokenKeyUrl: `${issuer}/k` };
    const created = await uaa.json("POST", "/identity-providers", await uaa.adminClient(), providerOf(config));
    assert.equal(created.status, 201, created.text);
    const sign = (claims: Json, alg = "RS256", header: Json = {}) =>
      new SignJWT({ iss: issuer, aud: "ingot", sub: "u1", email: "bea@corp.example", ...claims })
        .setProtectedHeader({ alg, kid, ...header })
        .setIssuedAt()
        .setExpirationTime("5m");
    const ask = async (assertion: string) => await uaa.token({ grant_type: JWT_BEARER, assertion, scope: "openid" });
    const good = await ask(await sign({}).sign(keys.privateKey));
    assert.equal(good.status, 200, good.text);
    for (const [what, token] of [
      ["another audience", await sign({ aud: "somebody" }).sign(keys.privateKey)],
      ["another key", await sign({}).sign((await generateKeyPair("RS256")).privateKey)],
      ["an old one", await sign({ exp: 1 }).setExpirationTime(1).sign(keys.privateKey)],
      ["a shared secret", await sign({}, "HS256").sign(Buffer.from(JSON.stringify(await exportJWK(keys.publicKey))))],
      [
        "no signature",
        `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(JSON.stringify({ iss: issuer, aud: "ingot", sub: "x", exp: 9e9 })).toString("base64url")}.`,
      ],
      ["no name", await sign({ email: 7 }).sign(keys.privateKey)],
    ] as const) {
      const refused = await ask(token);
      assert.equal(refused.status, 401, `${what}: ${refused.text}`);
    }
    keys = await generateKeyPair("RS256");
    kid = "two";
    offsetMs = 11_000;
    assert.equal((await ask(await sign({}).sign(keys.privateKey))).status, 200, "a rotated key");
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("who signs out here is sent to sign out at the provider too, which wants its token back and sends him home", async () => {
  await using uaa = await bootUaa();
  await using server = await startOidcServer([`${UAA_URL}/login/callback/corp`], (account) => ({
    email: `${account}@corp.example`,
  }));
  const admin = await uaa.adminClient();
  const discoveryUrl = `${server.issuer}/.well-known/openid-configuration`;
  const created = await uaa.json("POST", "/identity-providers", admin, providerOf({ discoveryUrl }));
  const { browser } = await signIn(uaa, server.issuer, "anna");
  const out = await browser.open(`${UAA_URL}/logout.do`);
  const target = new URL(Browser.next(out, UAA_URL));
  assert.equal(target.origin + target.pathname, `${server.issuer}/session/end`);
  assert.equal(target.searchParams.get("post_logout_redirect_uri"), `${UAA_URL}/logout.do`);
  assert.equal(target.searchParams.get("client_id"), "ingot");
  assert.equal(target.searchParams.get("id_token_hint")?.split(".").length, 3);
  const asked = await browser.open(target.toString());
  assert.equal(asked.status, 200, `the provider takes the request: ${await asked.clone().text()}`);
  const back = await browser.open(`${UAA_URL}/logout.do`);
  assert.equal(Browser.next(back, UAA_URL), `${UAA_URL}/login`, "nobody is signed in any more");

  await uaa.json("PUT", `/identity-providers/${String(created.json["id"])}`, admin, {
    ...providerOf({ discoveryUrl, performRpInitiatedLogout: false }),
  });
  const again = await signIn(uaa, server.issuer, "anna");
  assert.equal(Browser.next(await again.browser.open(`${UAA_URL}/logout.do`), UAA_URL), `${UAA_URL}/login`);
});

test("what the provider says of somebody is told at /userinfo and in id_tokens, also after a refresh, to who has the scopes for it", async () => {
  await using uaa = await bootUaa();
  await using server = await startOidcServer([`${UAA_URL}/login/callback/corp`], (account) => ({
    email: `${account}@corp.example`,
    groups: ["platform-admins", "staff"],
  }));
  const admin = await uaa.adminClient();
  const provider = providerOf({ discoveryUrl: `${server.issuer}/.well-known/openid-configuration` });
  await uaa.json("POST", "/identity-providers", admin, provider);
  const mapping = { displayName: "cloud_controller.admin", externalGroup: "platform-admins", origin: "corp" };
  await uaa.json("POST", "/Groups/External", admin, mapping);
  await uaa.json("POST", "/oauth/clients", admin, {
    client_id: "curious",
    client_secret: "one",
    authorized_grant_types: ["password"],
    scope: ["openid", "roles", "user_attributes"],
  });
  const { browser, url } = await signIn(uaa, server.issuer, "anna");
  const passcode =
    (await (await browser.open(url)).text()).match(/[\w-]{10,}(?=<)/g)?.find((word) => word.length >= 10) ?? "";
  const granted = (await uaa.token({ grant_type: "password", passcode }, "curious", "one")).json;
  const attributes = { team: ["platform-admins", "staff"] };
  const told = async (token: unknown) => {
    const { roles, user_attributes } = (await uaa.json("GET", "/userinfo", token)).json;
    return [roles, user_attributes];
  };
  assert.deepEqual(await told(granted["access_token"]), [["cloud_controller.admin"], attributes]);
  const refresh = { grant_type: "refresh_token", refresh_token: String(granted["refresh_token"]) };
  const refreshed = (await uaa.token(refresh, "curious", "one")).json;
  for (const token of [granted["id_token"], refreshed["id_token"]]) {
    const claims = decodeJwt(String(token));
    assert.deepEqual([claims["roles"], claims["user_attributes"]], [["cloud_controller.admin"], attributes]);
  }
  const narrow = (await uaa.token({ ...refresh, scope: "openid" }, "curious", "one")).json;
  assert.deepEqual(await told(narrow["access_token"]), [undefined, undefined]);
  assert.equal(decodeJwt(String(narrow["id_token"]))["roles"], undefined);
});
