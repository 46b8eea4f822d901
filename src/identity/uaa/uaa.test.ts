import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { systemClock } from "../../kit/clock-system.ts";
import { bootUaa as boot, type Json, newUser, password, secretOf, UAA_URL } from "./testing/boot-uaa.ts";

test("the password grant gives a token that the published keys verify, with the claims of the UAA", async () => {
  await using uaa = await boot();
  const { status, json } = await uaa.token(password("Admin", "s3cret"));
  assert.equal(status, 200);
  assert.equal(json["token_type"], "bearer");
  assert.equal(json["expires_in"], 1199);
  const keys = createRemoteJWKSet(new URL(`${uaa.baseUrl}/token_keys`));
  const { payload } = await jwtVerify(String(json["access_token"]), keys, { issuer: `${UAA_URL}/oauth/token` });
  assert.equal(payload["user_name"], "admin");
  assert.equal(payload["cid"], "cf");
  assert.equal(payload["zid"], "uaa");
  assert.equal(payload["origin"], "uaa");
  assert.equal(Number(payload["exp"]) - Number(payload["iat"]), 1200);
  assert.ok((payload["scope"] as string[]).includes("cloud_controller.admin"));
  assert.ok((payload["aud"] as string[]).includes("cloud_controller"));
  assert.ok(!(payload["scope"] as string[]).includes("uaa.admin"), "the client cf may not ask for uaa.admin");
});

test("a wrong password, an unknown user and a wrong client secret read alike", async () => {
  await using uaa = await boot();
  for (const answer of [
    await uaa.token(password("admin", "wrong")),
    await uaa.token(password("nobody", "wrong")),
    await uaa.token(password("admin", "s3cret"), "cf", "x"),
    await uaa.token(password("admin", "s3cret"), "nobody", "x"),
  ]) {
    assert.equal(answer.status, 401);
    assert.deepEqual(answer.json, { error: "invalid_client", error_description: "Bad credentials" });
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Basic realm="UAA\/client"/);
  }
});

test("five failures lock the account, and the lock ends after five minutes", async () => {
  let offsetMs = 0;
  const system = systemClock();
  await using uaa = await boot(":memory:", { ...system, nowMs: () => system.nowMs() + offsetMs });
  for (let attempt = 0; attempt < 5; attempt++) assert.equal((await uaa.token(password("admin", "no"))).status, 401);
  const locked = await uaa.token(password("admin", "s3cret"));
  assert.equal(locked.status, 401);
  assert.equal(locked.json["error"], "unauthorized");
  assert.match(String(locked.json["error_description"]), /^Your account has been locked/);
  offsetMs = 301_000;
  assert.equal((await uaa.token(password("admin", "s3cret"))).status, 200);
});

test("a refresh token gives a new access token, narrows scopes, and ends when it is revoked", async () => {
  await using uaa = await boot();
  const { json } = await uaa.token(password("admin", "s3cret"));
  const refresh = (scope?: string) =>
    uaa.token({
      grant_type: "refresh_token",
      refresh_token: String(json["refresh_token"]),
      ...(scope === undefined ? {} : { scope }),
    });
  const again = await refresh("openid");
  assert.equal(again.status, 200);
  assert.equal(again.json["scope"], "openid");
  assert.equal(again.json["refresh_token"], json["refresh_token"]);
  assert.equal((await refresh("uaa.admin")).json["error"], "invalid_scope");
  const jti = JSON.parse(Buffer.from(String(json["refresh_token"]).split(".")[1]!, "base64url").toString()) as Json;
  assert.equal(
    (await uaa.json("DELETE", `/oauth/token/revoke/${String(jti["jti"])}`, json["access_token"])).status,
    200,
  );
  const revoked = await refresh();
  assert.equal(revoked.status, 401);
  assert.equal(revoked.json["error"], "invalid_token");
});

test("an access token is not taken for a refresh token, nor the other way round", async () => {
  await using uaa = await boot();
  const { json } = await uaa.token(password("admin", "s3cret"));
  const wrong = await uaa.token({ grant_type: "refresh_token", refresh_token: String(json["access_token"]) });
  assert.equal(wrong.json["error"], "invalid_token");
  assert.equal((await uaa.json("GET", "/userinfo", json["refresh_token"])).status, 401);
});

test("a token with another signature, a changed body or no signature is refused with 401", async () => {
  await using uaa = await boot();
  const { json } = await uaa.token(password("admin", "s3cret"));
  const [head, body, signature] = String(json["access_token"]).split(".") as [string, string, string];
  const none = Buffer.from(JSON.stringify({ alg: "none", kid: "key-1" })).toString("base64url");
  const forged = Buffer.from(
    JSON.stringify({ ...(JSON.parse(Buffer.from(body, "base64url").toString()) as Json), scope: ["uaa.admin"] }),
  ).toString("base64url");
  for (const token of [`${head}.${forged}.${signature}`, `${none}.${forged}.`, `${head}.${body}.AAAA`, "x", "a.b.c"]) {
    const answer = await uaa.json("GET", "/userinfo", token);
    assert.equal(answer.status, 401);
    assert.equal(answer.json["error"], "invalid_token");
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer realm="UAA\/oauth", error="invalid_token"/);
  }
});

test("users are created, found, changed by version and deleted; names are taken without case", async () => {
  await using uaa = await boot();
  const admin = (await uaa.token(password("admin", "s3cret"))).json["access_token"];
  const made = await uaa.json("POST", "/Users", admin, newUser("Dev@example.com"));
  assert.equal(made.status, 201);
  const id = String(made.json["id"]);
  const taken = await uaa.json("POST", "/Users", admin, newUser("dev@EXAMPLE.com"));
  assert.equal(taken.status, 409);
  assert.equal(taken.json["error"], "scim_resource_already_exists");
  assert.equal(taken.json["user_id"], id);
  const found = await uaa.json("GET", `/Users?filter=${encodeURIComponent('username eq "DEV@example.com"')}`, admin);
  assert.equal(found.json["totalResults"], 1);
  const unversioned = await uaa.json("PUT", `/Users/${id}`, admin, newUser("dev2"));
  assert.equal(unversioned.status, 400);
  const changed = await uaa.json("PUT", `/Users/${id}`, admin, newUser("dev2"), { "if-match": "0" });
  assert.equal(changed.status, 200);
  assert.equal(changed.headers.get("etag"), '"1"');
  assert.equal((await uaa.json("PATCH", `/Users/${id}`, admin, { active: false }, { "if-match": "0" })).status, 409);
  assert.equal((await uaa.json("PATCH", `/Users/${id}`, admin, { active: false }, { "if-match": "*" })).status, 200);
  assert.equal((await uaa.token(password("dev2", "pw"))).status, 401, "an inactive user cannot sign in");
  const withType = { "content-type": "application/json" }; // as the official command line sends it
  assert.equal((await uaa.json("DELETE", `/Users/${id}`, admin, undefined, withType)).status, 200);
  const gone = await uaa.json("GET", `/Users/${id}`, admin);
  assert.equal(gone.status, 404);
  assert.equal(gone.json["error"], "scim_resource_not_found");
});

test("a plain user may see and rename itself, change its password, and nothing else", async () => {
  await using uaa = await boot();
  const admin = (await uaa.token(password("admin", "s3cret"))).json["access_token"];
  const id = String((await uaa.json("POST", "/Users", admin, newUser("dev"))).json["id"]);
  const { json } = await uaa.token(password("dev", "pw"));
  const own = json["access_token"];
  const refused = await uaa.json("GET", "/Users", own);
  assert.equal(refused.status, 403);
  assert.equal(refused.json["error"], "insufficient_scope");
  assert.equal((await uaa.json("GET", `/Users/${id}`, own)).status, 200);
  const elevated = await uaa.json("PATCH", `/Users/${id}`, own, { userName: "boss" }, { "if-match": "*" });
  assert.equal(elevated.status, 403);
  assert.equal(
    (await uaa.json("PATCH", `/Users/${id}`, own, { name: { givenName: "D" } }, { "if-match": "*" })).status,
    200,
  );
  const wrong = await uaa.json("PUT", `/Users/${id}/password`, own, { oldPassword: "no", password: "new" });
  assert.equal(wrong.status, 401);
  const changed = await uaa.json("PUT", `/Users/${id}/password`, own, { oldPassword: "pw", password: "new" });
  assert.deepEqual(changed.json, { status: "ok", message: "password updated" });
  assert.equal((await uaa.json("GET", `/Users/${id}`, own)).status, 401, "tokens of the old password are void");
  assert.equal((await uaa.token(password("dev", "new"))).status, 200);
});

test("a user gains and loses a scope with membership of its group", async () => {
  await using uaa = await boot();
  const admin = (await uaa.token(password("admin", "s3cret"))).json["access_token"];
  const id = String((await uaa.json("POST", "/Users", admin, newUser("auditor"))).json["id"]);
  const filter = encodeURIComponent('displayName eq "cloud_controller.global_auditor"');
  const page = (await uaa.json("GET", `/Groups?filter=${filter}`, admin)).json;
  const group = String((page["resources"] as Json[])[0]!["id"]);
  assert.equal((await uaa.json("POST", `/Groups/${group}/members`, admin, { value: id, type: "USER" })).status, 201);
  assert.equal((await uaa.json("POST", `/Groups/${group}/members`, admin, { value: id, type: "USER" })).status, 409);
  assert.match(String((await uaa.token(password("auditor", "pw"))).json["scope"]), /global_auditor/);
  assert.equal((await uaa.json("DELETE", `/Groups/${group}/members/${id}`, admin)).status, 200);
  assert.doesNotMatch(String((await uaa.token(password("auditor", "pw"))).json["scope"]), /global_auditor/);
});

test("a one-time code for SSH is made by bearer token and exchanged once", async () => {
  await using uaa = await boot();
  const admin = (await uaa.token(password("admin", "s3cret"))).json["access_token"];
  const answer = await uaa.json("GET", "/oauth/authorize?response_type=code&client_id=ssh-proxy", admin);
  assert.equal(answer.status, 302);
  const code = new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const exchanged = await uaa.token({ grant_type: "authorization_code", code }, "ssh-proxy");
  assert.equal(exchanged.status, 200);
  const again = await uaa.token({ grant_type: "authorization_code", code }, "ssh-proxy");
  assert.equal(again.json["error"], "invalid_grant");
});

test("a person signs in with a browser and gets a passcode that works once in place of the password", async () => {
  await using uaa = await boot();
  const page = await uaa.send("GET", "/login", { accept: "text/html" });
  const csrf = /X-Uaa-Csrf=([^;]+)/.exec(page.headers.get("set-cookie") ?? "")?.[1] ?? "";
  assert.match(page.text, new RegExp(`value="${csrf}"`));
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams({
    username: "admin",
    password: "s3cret",
    "X-Uaa-Csrf": csrf,
    form_redirect_uri: "//evil.example",
  });
  assert.equal(
    (await uaa.send("POST", "/login.do", form, body.toString())).status,
    403,
    "no cookie: another site's form",
  );
  const signedIn = await uaa.send("POST", "/login.do", { ...form, cookie: `X-Uaa-Csrf=${csrf}` }, body.toString());
  assert.equal(signedIn.headers.get("location"), "/");
  const session = /JSESSIONID=[^;]+/.exec(signedIn.headers.get("set-cookie") ?? "")?.[0] ?? "";
  const passcode = (await uaa.send("GET", "/passcode", { cookie: session })).text;
  assert.equal((await uaa.token({ grant_type: "password", passcode })).status, 200);
  assert.equal((await uaa.token({ grant_type: "password", passcode })).status, 401);
});

test("a resource server checks tokens; a client without uaa.resource may not", async () => {
  await using uaa = await boot();
  const { json } = await uaa.token(password("admin", "s3cret"));
  const check = (path: string, client: string, token: string) =>
    uaa.send(
      "POST",
      path,
      {
        authorization: `Basic ${Buffer.from(`${client}:${secretOf(client)}`).toString("base64")}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      new URLSearchParams({ token }).toString(),
    );
  assert.equal((await check("/check_token", "doppler", String(json["access_token"]))).json["user_name"], "admin");
  assert.equal((await check("/check_token", "doppler", "nonsense")).status, 400);
  assert.equal((await check("/check_token", "gorouter", String(json["access_token"]))).status, 403);
  assert.deepEqual((await check("/introspect", "doppler", "nonsense")).json, { active: false });
});

test("clients are registered, get tokens with their authorities, change secrets and are deleted", async () => {
  await using uaa = await boot();
  const admin = (await uaa.token({ grant_type: "client_credentials" }, "admin")).json["access_token"];
  const client = {
    client_id: "dash",
    client_secret: "weak",
    authorized_grant_types: ["client_credentials"],
    authorities: ["scim.read"],
  };
  const made = await uaa.json("POST", "/oauth/clients", admin, client);
  assert.equal(made.status, 201);
  assert.equal(made.json["client_secret"], undefined);
  assert.equal((await uaa.json("POST", "/oauth/clients", admin, client)).status, 409);
  assert.equal((await uaa.token({ grant_type: "client_credentials" }, "dash", "weak")).json["scope"], "scim.read");
  assert.equal((await uaa.token(password("admin", "s3cret"), "dash", "weak")).json["error"], "invalid_client");
  const secret = { secret: "stronger" };
  assert.equal((await uaa.json("PUT", "/oauth/clients/dash/secret", admin, secret)).status, 200);
  assert.equal((await uaa.token({ grant_type: "client_credentials" }, "dash", "weak")).status, 401);
  assert.equal((await uaa.json("DELETE", "/oauth/clients/dash", admin)).status, 200);
  assert.equal((await uaa.json("GET", "/oauth/clients/dash", admin)).status, 404);
});

test("what was answered is there after a restart: key, users, tokens; a changed admin password stays", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-uaa-"));
  try {
    const path = join(folder, "uaa.sqlite");
    let token: unknown;
    {
      await using uaa = await boot(path);
      const { json } = await uaa.token(password("admin", "s3cret"));
      const id = JSON.parse(Buffer.from(String(json["access_token"]).split(".")[1]!, "base64url").toString()) as Json;
      const change = { oldPassword: "s3cret", password: "changed" };
      assert.equal(
        (await uaa.json("PUT", `/Users/${String(id["user_id"])}/password`, json["access_token"], change)).status,
        200,
      );
      token = (await uaa.token(password("admin", "changed"))).json["access_token"];
    }
    await using uaa = await boot(path);
    assert.equal((await uaa.json("GET", "/userinfo", token)).status, 200);
    assert.equal((await uaa.token(password("admin", "s3cret"))).status, 401);
    const [admin] = await uaa.uaa.client.usersByName(["ADMIN"], null, AbortSignal.timeout(5000));
    assert.equal(admin?.userName, "admin");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("malformed requests get the UAA's answers and never a stack", async () => {
  await using uaa = await boot();
  const admin = (await uaa.token(password("admin", "s3cret"))).json["access_token"];
  const json = { authorization: `bearer ${String(admin)}`, "content-type": "application/json" };
  assert.equal((await uaa.send("POST", "/Users", json, "{")).status, 400);
  assert.equal((await uaa.send("POST", "/Users", json, "[]")).status, 400);
  assert.equal(
    (await uaa.send("POST", "/Users", json, JSON.stringify({ userName: "a", emails: "x" }))).json["error"],
    "invalid_scim_resource",
  );
  assert.equal((await uaa.send("POST", "/Users", json, `"${"x".repeat(1_100_000)}"`)).status, 413);
  assert.equal((await uaa.json("GET", "/Users?filter=nonsense", admin)).json["error"], "scim");
  assert.equal((await uaa.token({ grant_type: "magic" })).json["error"], "unsupported_grant_type");
  assert.equal((await uaa.token({})).json["error"], "invalid_request");
  assert.equal((await uaa.json("GET", "/nowhere", admin)).status, 404);
});
