import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { test } from "node:test";
import { SignJWT } from "jose";
import {
  type BootedUaa,
  basic,
  bootUaa,
  FORM,
  type Json,
  newUser,
  password,
  secretOf,
  UAA_URL,
} from "./testing/boot-uaa.ts";

const REDIRECT = "https://app.example/callback";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

function claimsOf(token: unknown): Json {
  return JSON.parse(Buffer.from(String(token).split(".")[1]!, "base64url").toString()) as Json;
}

async function withClient(uaa: BootedUaa, client: Json): Promise<void> {
  const made = await uaa.json("POST", "/oauth/clients", await uaa.adminClient(), {
    client_secret: "a-long-secret-of-a-machine",
    redirect_uri: [REDIRECT],
    autoapprove: true,
    scope: ["openid", "cloud_controller.read", "profile"],
    authorities: ["uaa.none"],
    ...client,
  });
  assert.equal(made.status, 201, made.text);
}

async function codeFor(uaa: BootedUaa, clientId: string, query: Record<string, string> = {}): Promise<string> {
  const parameters = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: REDIRECT,
    ...query,
  });
  const answer = await uaa.json("GET", `/oauth/authorize?${parameters}`, await uaa.adminToken());
  assert.equal(answer.status, 302, answer.text);
  return new URL(answer.headers.get("location")!).searchParams.get("code")!;
}

test("a token of the format opaque says nothing by itself, is checked and revoked by its id, and refreshes", async () => {
  await using uaa = await bootUaa();
  const { json } = await uaa.token({ ...password("admin", "s3cret"), token_format: "opaque" });
  const token = String(json["access_token"]);
  assert.match(token, /^[0-9a-f]{32}$/);
  assert.equal(token, json["jti"]);
  assert.match(String(json["refresh_token"]), /^[0-9a-f]{32}-r$/);
  assert.equal((await uaa.json("GET", "/userinfo", token)).json["user_name"], "admin");
  const check = await uaa.send(
    "POST",
    "/check_token",
    { authorization: basic("doppler", secretOf("doppler")), ...FORM },
    new URLSearchParams({ token }).toString(),
  );
  assert.equal(check.json["cid"], "cf");
  const listed = (await uaa.json("GET", "/oauth/token/list", token)).json as unknown as Json[];
  assert.deepEqual(new Set(listed.map((entry) => entry["format"])), new Set(["opaque"]));
  const again = await uaa.token({ grant_type: "refresh_token", refresh_token: String(json["refresh_token"]) });
  assert.equal(again.status, 200, again.text);
  assert.equal((await uaa.json("DELETE", `/oauth/token/revoke/${token}`, token)).status, 200);
  assert.equal((await uaa.json("GET", "/userinfo", token)).status, 401);
});

test("the id of a JWT is not taken in the JWT's place", async () => {
  await using uaa = await bootUaa();
  const { json } = await uaa.token(password("admin", "s3cret"));
  assert.equal((await uaa.json("GET", "/userinfo", json["jti"])).status, 401);
});

test("with rotation a refresh token works once, and of two who use it at once one gets nothing", async () => {
  await using uaa = await bootUaa(":memory:", undefined, { refreshTokenRotate: true });
  const { json } = await uaa.token(password("admin", "s3cret"));
  const refresh = (token: unknown) => uaa.token({ grant_type: "refresh_token", refresh_token: String(token) });
  const both = await Promise.all([refresh(json["refresh_token"]), refresh(json["refresh_token"])]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401]);
  const winner = both.find(({ status }) => status === 200)!;
  assert.notEqual(winner.json["refresh_token"], json["refresh_token"]);
  assert.equal(claimsOf(winner.json["refresh_token"])["exp"], claimsOf(json["refresh_token"])["exp"], "no longer life");
  assert.equal((await refresh(json["refresh_token"])).status, 401);
  assert.equal((await refresh(winner.json["refresh_token"])).status, 200);
});

test("with unique refresh tokens the one before ends at the next sign-in", async () => {
  await using uaa = await bootUaa(":memory:", undefined, { refreshTokenUnique: true, refreshTokenFormat: "opaque" });
  const first = (await uaa.token(password("admin", "s3cret"))).json;
  const second = (await uaa.token(password("admin", "s3cret"))).json;
  const refresh = (token: unknown) => uaa.token({ grant_type: "refresh_token", refresh_token: String(token) });
  assert.equal((await refresh(first["refresh_token"])).status, 401);
  assert.equal((await refresh(second["refresh_token"])).status, 200);
});

test("a code with a challenge needs its verifier; S256 and plain; once; and no verifier without a challenge", async () => {
  await using uaa = await bootUaa();
  await withClient(uaa, { client_id: "app", authorized_grant_types: ["authorization_code", "refresh_token"] });
  const verifier = "v".repeat(43);
  const s256 = createHash("sha256").update(verifier).digest("base64url");
  const exchange = (code: string, more: Record<string, string> = {}) =>
    uaa.token(
      { grant_type: "authorization_code", code, redirect_uri: REDIRECT, ...more },
      "app",
      "a-long-secret-of-a-machine",
    );
  const challenge = { code_challenge: s256, code_challenge_method: "S256" };
  const good = await exchange(await codeFor(uaa, "app", { ...challenge, scope: "openid profile", nonce: "n-1" }), {
    code_verifier: verifier,
  });
  assert.equal(good.status, 200, good.text);
  const idToken = claimsOf(good.json["id_token"]);
  assert.deepEqual([idToken["aud"], idToken["nonce"], idToken["given_name"]], [["app"], "n-1", "admin"]);
  const wrong = await exchange(await codeFor(uaa, "app", challenge), { code_verifier: "w".repeat(43) });
  assert.equal(wrong.json["error"], "invalid_grant");
  const none = await exchange(await codeFor(uaa, "app", challenge));
  assert.match(String(none.json["error_description"]), /^PKCE error: Code verifier must be provided/);
  const needless = await exchange(await codeFor(uaa, "app"), { code_verifier: verifier });
  assert.match(String(needless.json["error_description"]), /^PKCE error: Code verifier not required/);
  const short = await exchange(await codeFor(uaa, "app", challenge), { code_verifier: "short" });
  assert.equal(short.json["error"], "invalid_request");
  const plain = await exchange(await codeFor(uaa, "app", { code_challenge: verifier }), { code_verifier: verifier });
  assert.equal(plain.status, 200, plain.text);
  const elsewhere = await codeFor(uaa, "app");
  const moved = await uaa.token(
    { grant_type: "authorization_code", code: elsewhere, redirect_uri: "https://app.example/other" },
    "app",
    "a-long-secret-of-a-machine",
  );
  assert.deepEqual([moved.status, moved.json["error_description"]], [400, "Redirect URI mismatch."]);
  const stolen = await codeFor(uaa, "app");
  const thief = await uaa.token(
    { grant_type: "authorization_code", code: stolen, redirect_uri: REDIRECT },
    "ssh-proxy",
  );
  assert.equal(thief.json["error"], "invalid_client");
});

test("a public client proves itself by PKCE alone, and its refresh tokens work once", async () => {
  await using uaa = await bootUaa();
  await withClient(uaa, {
    client_id: "spa",
    authorized_grant_types: ["authorization_code", "refresh_token"],
    allowpublic: true,
  });
  const verifier = "p".repeat(64);
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const ask = (form: Record<string, string>) =>
    uaa.send("POST", "/oauth/token", FORM, new URLSearchParams({ client_id: "spa", ...form }).toString());
  const code = await codeFor(uaa, "spa", { code_challenge: challenge, code_challenge_method: "S256" });
  const form = { grant_type: "authorization_code", code, redirect_uri: REDIRECT, code_verifier: verifier };
  const { status, json, text } = await ask(form);
  assert.equal(status, 200, text);
  assert.equal(claimsOf(json["access_token"])["client_auth_method"], "none");
  const refreshed = await ask({ grant_type: "refresh_token", refresh_token: String(json["refresh_token"]) });
  assert.equal(refreshed.status, 200, refreshed.text);
  assert.notEqual(refreshed.json["refresh_token"], json["refresh_token"]);
  const reused = await ask({ grant_type: "refresh_token", refresh_token: String(json["refresh_token"]) });
  assert.equal(reused.status, 401);
  assert.equal((await ask({ grant_type: "client_credentials" })).status, 401, "nothing but these two flows");
  const plain = await codeFor(uaa, "spa", { code_challenge: verifier, code_challenge_method: "plain" });
  const weak = await ask({ ...form, code: plain });
  assert.equal(weak.json["error_description"], "Public client must use code challange method S256");
  // A token that was got with the secret is not refreshed without it.
  const withSecret = await uaa.token(
    { grant_type: "authorization_code", code: await codeFor(uaa, "spa"), redirect_uri: REDIRECT },
    "spa",
    "a-long-secret-of-a-machine",
  );
  const downgraded = await ask({
    grant_type: "refresh_token",
    refresh_token: String(withSecret.json["refresh_token"]),
  });
  assert.equal(downgraded.json["error"], "invalid_token");
});

test("a client signs its own assertion in place of a secret; forged, expired and misdirected ones are refused", async () => {
  await using uaa = await bootUaa();
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" };
  await withClient(uaa, {
    client_id: "robot",
    authorized_grant_types: ["client_credentials"],
    authorities: ["scim.read"],
    jwks: { keys: [jwk] },
  });
  const assertion = (change: Json = {}, key: KeyObject = privateKey) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: "robot", sub: "robot", aud: `${UAA_URL}/oauth/token`, exp: now + 60, jti: "1", ...change };
    return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(key);
  };
  const ask = (client_assertion: string) =>
    uaa.send(
      "POST",
      "/oauth/token",
      FORM,
      new URLSearchParams({
        grant_type: "client_credentials",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion,
      }).toString(),
    );
  const good = await ask(await assertion());
  assert.equal(good.status, 200, good.text);
  assert.equal(claimsOf(good.json["access_token"])["client_auth_method"], "private_key_jwt");
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const publicText = Buffer.from(publicKey.export({ format: "pem", type: "spki" }).toString());
  const confused = await new SignJWT({ iss: "robot", sub: "robot", aud: `${UAA_URL}/oauth/token`, exp: 9e9, jti: "1" })
    .setProtectedHeader({ alg: "HS256", kid: "k1" })
    .sign(publicText);
  const bad = [
    await assertion({}, other),
    await assertion({ exp: 1 }),
    await assertion({ aud: "https://elsewhere.example" }),
    await assertion({ sub: "cf" }),
    await assertion({ jti: undefined }),
    confused,
    "a.b.c",
  ];
  for (const forged of bad) {
    const answer = await ask(forged);
    assert.deepEqual([answer.status, answer.json["error"]], [401, "invalid_client"]);
  }
});

test("a JWT of ours is exchanged for another client's tokens; a refresh token, a stranger's and an expired one are not", async () => {
  let offsetMs = 0;
  const system = (await import("../../kit/clock-system.ts")).systemClock();
  await using uaa = await bootUaa(":memory:", { ...system, nowMs: () => system.nowMs() + offsetMs });
  const { json } = await uaa.token(password("admin", "s3cret"));
  const ask = (assertion: unknown) => uaa.token({ grant_type: JWT_BEARER, assertion: String(assertion) });
  const good = await ask(json["access_token"]);
  assert.equal(good.status, 200, good.text);
  assert.equal(claimsOf(good.json["access_token"])["grant_type"], JWT_BEARER);
  const again = await uaa.token({ grant_type: "refresh_token", refresh_token: String(good.json["refresh_token"]) });
  assert.equal(again.status, 200, "the official command line goes on with it");
  assert.equal((await ask(json["id_token"])).status, 200);
  assert.equal((await ask(json["refresh_token"])).status, 401);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const foreign = await new SignJWT({ iss: "https://idp.example", sub: "admin", exp: 9e9 })
    .setProtectedHeader({ alg: "RS256" })
    .sign(privateKey);
  assert.match(String((await ask(foreign)).json["error_description"]), /^Unable to map issuer/);
  const forged = await new SignJWT({ ...claimsOf(json["access_token"]) })
    .setProtectedHeader({ alg: "RS256", kid: "key-1" })
    .sign(privateKey);
  assert.equal((await ask(forged)).status, 401);
  offsetMs = 1_201_000;
  assert.equal((await ask(json["access_token"])).status, 401);
  assert.equal((await ask("nonsense")).json["error_description"], "Unable to decode expected id_token");
  assert.equal((await uaa.token({ grant_type: JWT_BEARER })).json["error_description"], "Assertion is missing");
});

test("a user token is a refresh token for another client, and its caller gets nothing else", async () => {
  await using uaa = await bootUaa();
  await withClient(uaa, {
    client_id: "asking",
    authorized_grant_types: ["password", "user_token"],
    scope: ["uaa.user", "openid"],
  });
  await withClient(uaa, { client_id: "receiving", authorized_grant_types: ["refresh_token", "password"] });
  const { json } = await uaa.token(password("admin", "s3cret"), "asking", "a-long-secret-of-a-machine");
  const ask = (bearer: unknown, clientId: string) =>
    uaa.send(
      "POST",
      "/oauth/token",
      { authorization: `bearer ${String(bearer)}`, ...FORM },
      new URLSearchParams({ grant_type: "user_token", client_id: clientId }).toString(),
    );
  const answer = await ask(json["access_token"], "receiving");
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json["access_token"], null);
  assert.equal(answer.json["jti"], answer.json["refresh_token"]);
  const form = { grant_type: "refresh_token", refresh_token: String(answer.json["refresh_token"]) };
  assert.equal((await uaa.token(form, "receiving", "a-long-secret-of-a-machine")).status, 200);
  assert.equal((await uaa.token(form, "cf")).json["error"], "invalid_grant");
  assert.equal((await ask(await uaa.adminToken(), "receiving")).json["error"], "invalid_client", "cf may not");
});

test("a client may be limited to identity providers and to groups", async () => {
  await using uaa = await bootUaa();
  const grants = { authorized_grant_types: ["password"] };
  await withClient(uaa, { client_id: "ldap-only", allowedproviders: ["ldap"], ...grants });
  await withClient(uaa, { client_id: "boss-only", required_user_groups: ["uaa.admin"], ...grants });
  const ask = (client: string, name: string, word: string) =>
    uaa.token(password(name, word), client, "a-long-secret-of-a-machine");
  assert.equal((await ask("ldap-only", "admin", "s3cret")).json["error"], "unauthorized_client");
  assert.equal((await ask("boss-only", "admin", "s3cret")).status, 200);
  await uaa.json("POST", "/Users", await uaa.adminToken(), newUser("dev"));
  assert.equal((await ask("boss-only", "dev", "pw")).json["error"], "invalid_scope");
});

test("all tokens of a user, of a client, or of both end on request, also those that nobody keeps", async () => {
  await using uaa = await bootUaa(":memory:", undefined, { revocableTokens: false });
  const client = (await uaa.token({ grant_type: "client_credentials" }, "admin")).json["access_token"];
  const admin = await uaa.adminToken();
  const self = String(claimsOf(admin)["user_id"]);
  assert.equal((await uaa.json("GET", "/userinfo", admin)).status, 200);
  assert.equal((await uaa.json("GET", `/oauth/token/revoke/user/${self}`, client)).status, 200);
  assert.equal((await uaa.json("GET", "/userinfo", admin)).status, 401);
  const fresh = await uaa.adminToken();
  assert.equal((await uaa.json("GET", "/oauth/token/revoke/client/cf", client)).status, 200);
  assert.equal((await uaa.json("GET", "/userinfo", fresh)).status, 401);
  assert.equal((await uaa.json("GET", "/oauth/token/revoke/client/none", client)).status, 404);
  const dev = await uaa.adminToken();
  assert.equal((await uaa.json("GET", "/oauth/token/revoke/client/cf", dev)).status, 403);
});

test("the token endpoint refuses what it does not know, in the UAA's words", async () => {
  await using uaa = await bootUaa();
  const cases: [Record<string, string>, number, string][] = [
    [{ grant_type: "implicit" }, 400, "Implicit grant type not supported from token endpoint"],
    [{ grant_type: "client_credentials" }, 401, "Unauthorized grant type"],
    [{ grant_type: "refresh_token" }, 400, "refresh_token parameter not provided"],
    [
      { ...password("admin", "s3cret"), scope: "made.up" },
      400,
      "made.up is invalid. Please use a valid scope name in the request",
    ],
    [
      { ...password("admin", "s3cret"), client_id: "other" },
      401,
      "Given client ID does not match authenticated client",
    ],
    [{ grant_type: "password", username: "admin" }, 401, "Full authentication is required to access this resource"],
  ];
  for (const [form, status, text] of cases) {
    const answer = await uaa.token(form);
    assert.deepEqual([answer.status, answer.json["error_description"]], [status, text]);
  }
  assert.equal((await uaa.send("PUT", "/oauth/token", {})).status, 405);
});
