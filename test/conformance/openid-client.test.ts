import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as oidc from "openid-client";
import { type BootedIngot, bootIngot } from "../system/boot-ingot.ts";
import { fetchFrom } from "./_web.ts";

const REDIRECT = "https://app.example/callback";
const SECRET = "a-long-secret-of-a-machine";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

let ingot: BootedIngot;
let web: ReturnType<typeof fetchFrom>;
let uaaUrl: string;

before(async () => {
  ingot = await bootIngot();
  web = fetchFrom(ingot.state);
  uaaUrl = `https://uaa.cf.localhost:${ingot.httpsPort}`;
});
after(async () => await ingot[Symbol.asyncDispose]());

function discover(clientId: string, auth: oidc.ClientAuth, pathOfIssuer = "/oauth/token"): Promise<oidc.Configuration> {
  return oidc.discovery(new URL(uaaUrl + pathOfIssuer), clientId, undefined, auth, { [oidc.customFetch]: web });
}

function secretOf(clientId: string): string {
  const all = JSON.parse(readFileSync(join(ingot.state, "secrets.json"), "utf8")) as Record<string, string>;
  return all[`uaa-client-${clientId}`]!;
}

/** Registers a client with a token that the library got for the platform's client `admin`. */
async function register(client: Record<string, unknown>): Promise<void> {
  const config = await discover("admin", oidc.ClientSecretBasic(secretOf("admin")));
  const { access_token: token } = await oidc.clientCredentialsGrant(config);
  const made = await web(`${uaaUrl}/oauth/clients`, {
    method: "POST",
    headers: { authorization: `bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ client_secret: SECRET, redirect_uri: [REDIRECT], scope: ["openid", "profile"], ...client }),
  });
  assert.equal(made.status, 201, await made.text());
}

/** Cookies, and the forms of the UAA's pages: sign-in as admin, then yes to everything that is asked. */
async function consent(start: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let at = start;
  let form: { action: string; fields: URLSearchParams } | null = null;
  for (let step = 0; step < 12; step++) {
    const url: URL = form === null ? at : new URL(form.action, at);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer: Response = await web(url.toString(), {
      headers: { accept: "text/html", cookie },
      ...(form === null ? {} : { method: "POST", body: form.fields }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      cookies.set(name!, value!);
    }
    const location = answer.headers.get("location");
    if (location !== null) {
      at = new URL(location, url);
      form = null;
      if (at.origin !== new URL(uaaUrl).origin) return at;
      continue;
    }
    const html = await answer.text();
    assert.equal(answer.status, 200, html);
    const plain = (text: string): string => text.replaceAll("&amp;", "&").replaceAll("&quot;", '"');
    const fields = new URLSearchParams();
    for (const [, name, value] of html.matchAll(
      /<input type="(?:hidden|checkbox)"(?: id="[^"]*")? name="([^"]*)" value="([^"]*)"/g,
    )) {
      fields.append(plain(name!), plain(value!));
    }
    if (html.includes('name="username"')) {
      fields.set("username", "admin");
      fields.set("password", ingot.adminPassword);
    } else fields.set("user_oauth_approval", "true");
    form = { action: plain(/<form[^>]* action="([^"]+)"/.exec(html)![1]!), fields };
  }
  throw new Error(`no end of pages, last at ${at}`);
}

test("code with PKCE, state and nonce: sign-in and consent by form, id_token, userinfo, introspection, refresh, sign-out", async () => {
  await register({ client_id: "web-app", authorized_grant_types: ["authorization_code", "refresh_token"] });
  const config = await discover("web-app", oidc.ClientSecretBasic(SECRET));
  const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
  const start = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: "openid profile",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const back = await consent(start);
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  const tokens = await oidc.authorizationCodeGrant(config, back, checks);
  const claims = tokens.claims()!;
  assert.deepEqual([claims["user_name"], claims["aud"], claims["nonce"]], ["admin", ["web-app"], nonce]);
  const userInfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
  assert.equal(userInfo["user_name"], "admin");

  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token!);
  assert.equal(refreshed.claims()?.sub, claims.sub);
  await assert.rejects(oidc.authorizationCodeGrant(config, back, checks), { error: "invalid_grant" }); // a code works once

  // The UAA has these endpoints without naming them in its metadata.
  const metadata: oidc.ServerMetadata = {
    issuer: config.serverMetadata().issuer,
    introspection_endpoint: `${uaaUrl}/introspect`,
  };
  const resource = new oidc.Configuration(metadata, "doppler", undefined, oidc.ClientSecretBasic(secretOf("doppler")));
  resource[oidc.customFetch] = web;
  const known = await oidc.tokenIntrospection(resource, refreshed.access_token);
  assert.deepEqual([known.active, known.client_id, known.sub], [true, "web-app", claims.sub]);
  const revoked = await web(`${uaaUrl}/oauth/token/revoke/${String(known["jti"])}`, {
    method: "DELETE",
    headers: { authorization: `bearer ${refreshed.access_token}` },
  });
  assert.equal(revoked.status, 200);
  assert.equal((await oidc.tokenIntrospection(resource, refreshed.access_token)).active, false);
  await assert.rejects(oidc.fetchUserInfo(config, refreshed.access_token, claims.sub));

  const out = oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: REDIRECT, id_token_hint: tokens.id_token! });
  assert.equal((await web(out.toString())).headers.get("location"), REDIRECT);
});

test("a public client needs no secret but PKCE, and its refresh tokens change with each use", async () => {
  await register({
    client_id: "single-page",
    authorized_grant_types: ["authorization_code", "refresh_token"],
    allowpublic: true,
    autoapprove: true,
  });
  const config = await discover("single-page", oidc.None());
  const verifier = oidc.randomPKCECodeVerifier();
  const start = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: "openid",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const tokens = await oidc.authorizationCodeGrant(config, await consent(start), { pkceCodeVerifier: verifier });
  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token!);
  assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
  await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token!), oidc.WWWAuthenticateChallengeError);
});

test("a denial reaches the library as an authorization error", async () => {
  await register({ client_id: "picky", authorized_grant_types: ["authorization_code"], scope: ["openid"] });
  const config = await discover("picky", oidc.ClientSecretPost(SECRET));
  const start = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: "cloud_controller.admin",
    state: "s",
  });
  const back = await consent(start);
  await assert.rejects(oidc.authorizationCodeGrant(config, back, { expectedState: "s" }), (error) => {
    assert.ok(error instanceof oidc.AuthorizationResponseError);
    return error.error === "invalid_scope";
  });
});

test("client credentials by header, by form and by a signed assertion", async () => {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
    true,
    ["sign", "verify"],
  );
  const jwk = { ...(await crypto.subtle.exportKey("jwk", publicKey)), kid: "robot-1", use: "sig" };
  await register({
    client_id: "robot",
    authorized_grant_types: ["client_credentials"],
    authorities: ["uaa.resource"],
    jwks: { keys: [jwk] },
  });
  for (const auth of [
    oidc.ClientSecretBasic(SECRET),
    oidc.ClientSecretPost(SECRET),
    oidc.PrivateKeyJwt({ key: privateKey, kid: "robot-1" }),
  ]) {
    const tokens = await oidc.clientCredentialsGrant(await discover("robot", auth), { scope: "uaa.resource" });
    assert.equal(tokens.scope, "uaa.resource");
  }
  const wrong = await discover("robot", oidc.ClientSecretBasic("wrong"));
  await assert.rejects(oidc.clientCredentialsGrant(wrong), (error) => {
    assert.ok(error instanceof oidc.WWWAuthenticateChallengeError || error instanceof oidc.ResponseBodyError);
    return error.status === 401;
  });
});

test("the password and JWT bearer grants work through the library's generic request", async () => {
  // Its secret is empty, which the library's own ways of client authentication do not allow.
  const emptySecret: oidc.ClientAuth = (_server, client, _body, headers) => {
    headers.set("authorization", `Basic ${Buffer.from(`${client.client_id}:`).toString("base64")}`);
  };
  const config = await discover("cf", emptySecret);
  const first = await oidc.genericGrantRequest(config, "password", {
    username: "admin",
    password: ingot.adminPassword,
  });
  const second = await oidc.genericGrantRequest(config, JWT_BEARER, { assertion: first.access_token });
  assert.ok(second.scope?.includes("cloud_controller.admin"));
});
