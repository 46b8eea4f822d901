import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { basic, bootUaa, FORM, secretOf, UAA_URL } from "./testing/boot-uaa.ts";

test("OpenID discovery tells the same at both of its addresses, and all it names is there", async () => {
  await using uaa = await bootUaa();
  const [first, second] = await Promise.all(
    ["/.well-known/openid-configuration", "/oauth/token/.well-known/openid-configuration"].map((path) =>
      uaa.send("GET", path, {}),
    ),
  );
  assert.equal(first!.status, 200);
  assert.deepEqual(first!.json, second!.json);
  const { json } = first!;
  assert.equal(json["issuer"], `${UAA_URL}/oauth/token`);
  assert.deepEqual(json["response_types_supported"], ["code", "code id_token", "id_token", "token id_token"]);
  assert.deepEqual(json["code_challenge_methods_supported"], ["S256", "plain"]);
  assert.deepEqual(json["token_endpoint_auth_methods_supported"], [
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
  ]);
  for (const name of [
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
  ]) {
    const url = String(json[name]);
    assert.ok(url.startsWith(UAA_URL), name);
    assert.notEqual((await uaa.send("GET", url.slice(UAA_URL.length), {})).status, 404, name);
  }
});

test("whoever brings nothing is told how: a client with its secret, everybody else with a token", async () => {
  await using uaa = await bootUaa();
  const challenge = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
    const answer = await uaa.send(method, path, headers, body);
    assert.equal(answer.status, 401, `${method} ${path}`);
    assert.deepEqual([answer.headers.get("cache-control"), answer.headers.get("pragma")], ["no-store", "no-cache"]);
    return answer.headers.get("www-authenticate");
  };
  const words = 'error="unauthorized", error_description="Full authentication is required to access this resource"';
  assert.equal(await challenge("GET", "/Users"), `Bearer realm="UAA/oauth", ${words}`);
  for (const path of ["/oauth/token", "/check_token", "/introspect", "/clientinfo", "/autologin"]) {
    assert.equal(await challenge("POST", path, FORM, "a=b"), `Basic realm="UAA/client", ${words}`, path);
  }
  assert.equal(await challenge("GET", "/RateLimitingStatus"), `Basic realm="UAA/client", ${words}`);
  const bad = await challenge("GET", "/Users", { authorization: "bearer abc" });
  assert.match(String(bad), /^Bearer realm="UAA\/oauth", error="invalid_token"/);
  const few = await uaa.json("GET", "/Users", await uaa.adminClientWith("openid"));
  assert.equal(few.status, 403);
  assert.deepEqual(few.json, {
    error: "insufficient_scope",
    error_description: "Insufficient scope for this resource",
    scope: "uaa.admin scim.read zones.uaa.admin",
  });
});

test("a client without the authority for it gets nothing told of tokens; with a token of that authority introspection works too", async () => {
  await using uaa = await bootUaa();
  const denied = { error: "access_denied", error_description: "Access is denied" };
  const form = "token=abc";
  for (const path of ["/check_token", "/introspect"]) {
    const answer = await uaa.send(
      "POST",
      path,
      { ...FORM, authorization: basic("gorouter", secretOf("gorouter")) },
      form,
    );
    assert.deepEqual([answer.status, answer.json], [403, denied], path);
  }
  const bearer = { ...FORM, authorization: `bearer ${await uaa.adminClientWith("uaa.resource")}` };
  const told = await uaa.send("POST", "/introspect", bearer, `token=${await uaa.adminToken()}`);
  assert.deepEqual([told.json["active"], told.json["user_name"]], [true, "admin"]);
  assert.equal((await uaa.send("POST", "/introspect", bearer, "x=y")).status, 400, "no token to look at");
});

test("check_token answers a GET too, and says which of the wanted scopes are missing", async () => {
  await using uaa = await bootUaa();
  const headers = { authorization: basic("doppler", secretOf("doppler")) };
  const token = await uaa.adminToken();
  const told = await uaa.send("GET", `/check_token?token=${token}`, headers);
  assert.deepEqual([told.status, told.json["user_name"], told.json["client_id"]], [200, "admin", "cf"]);
  assert.equal((await uaa.send("GET", `/check_token?token=${token}&scope=OPENID`, headers)).status, 200, "in any case");
  const missing = await uaa.send("GET", `/check_token?token=${token}&scope=openid,x.y,z`, headers);
  assert.deepEqual(missing.json, {
    error: "invalid_scope",
    error_description: "Some requested scopes are missing: x.y,z",
  });
  const none = await uaa.send("GET", "/check_token", headers);
  assert.deepEqual([none.status, none.json["error_description"]], [400, "Token parameter must be set"]);
});

test("clients and users see themselves by POST as well", async () => {
  await using uaa = await bootUaa();
  const asked = await uaa.send("POST", "/clientinfo", { authorization: basic("gorouter", secretOf("gorouter")) });
  assert.equal(asked.status, 200);
  assert.deepEqual(
    [asked.json["client_id"], asked.json["authorities"], asked.json["client_secret"]],
    ["gorouter", ["routing.routes.read"], undefined],
  );
  const user = await uaa.json("POST", "/userinfo", await uaa.adminToken());
  assert.deepEqual([user.status, user.json["user_name"], user.json["email"]], [200, "admin", "admin"]);
});

test("there is no rate limiting, and its status says so to administrators", async () => {
  await using uaa = await bootUaa();
  const token = await uaa.adminClient();
  for (const authorization of [`bearer ${token}`, basic("admin", secretOf("admin"))]) {
    const answer = await uaa.send("GET", "/RateLimitingStatus", { authorization });
    assert.deepEqual([answer.status, (answer.json["current"] as { status: string }).status], [200, "DISABLED"]);
  }
  const stranger = await uaa.send("GET", "/RateLimitingStatus", {
    authorization: basic("gorouter", secretOf("gorouter")),
  });
  assert.equal(stranger.status, 403);
});

test("a method that an address does not have is 405, an unknown address 404", async () => {
  await using uaa = await bootUaa();
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    const answer = await uaa.send(method, "/oauth/token", { authorization: basic("cf", "") });
    assert.deepEqual(
      [answer.status, answer.json["error"], answer.json["error_description"]],
      [405, "method_not_allowed", `Request method '${method}' not supported`],
    );
    assert.deepEqual(new Set(answer.headers.get("allow")?.split(", ")), new Set(["GET", "HEAD", "POST"]));
  }
  assert.equal((await uaa.send("POST", "/Users/some-id", {})).status, 405);
  assert.equal((await uaa.send("GET", "/nothing/here", {})).status, 404);
});

test("a body of another kind is refused, but says nothing where none is read", async () => {
  await using uaa = await bootUaa();
  const headers = { authorization: `bearer ${await uaa.adminClient()}`, "content-type": "application/xml" };
  const refused = await uaa.send("POST", "/Users", headers, "<user/>");
  assert.deepEqual(
    [refused.status, refused.json["error_description"]],
    [415, "Content type 'application/xml' not supported"],
  );
  assert.equal((await uaa.send("DELETE", "/Users/none", headers, "<user/>")).status, 404);
  const { "content-type": _, ...bare } = headers;
  const chunked = { method: "DELETE", headers: { ...bare, "transfer-encoding": "chunked" } };
  const status = await new Promise((resolve, reject) => {
    const sent = request(`${uaa.baseUrl}/Users/none`, chunked, (answer) => resolve(answer.resume().statusCode));
    sent.on("error", reject).end();
  });
  assert.equal(status, 404, "as Go's clients send it");
});

test("answers may not be framed, guessed at or kept", async () => {
  await using uaa = await bootUaa();
  for (const path of ["/Users", "/login", "/token_keys", "/oauth/clients", "/nothing"]) {
    const { headers } = await uaa.send("GET", path, {});
    assert.equal(headers.get("x-frame-options"), "DENY", path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.match(String(headers.get("cache-control")), /no-store/, path);
    assert.ok(headers.get("content-security-policy") !== null, path);
  }
  assert.equal((await uaa.send("GET", "/info", {})).headers.get("cache-control"), null);
});

test("pages of other origins may ask with a token of theirs, never with the cookies of the browser", async () => {
  await using uaa = await bootUaa();
  const origin = { origin: "https://shop.example" };
  const preflight = (method: string, headers: string | null) =>
    uaa.send("OPTIONS", "/userinfo", {
      ...origin,
      "access-control-request-method": method,
      ...(headers === null ? {} : { "access-control-request-headers": headers }),
    });
  const allowed = await preflight("PUT", "Authorization, Content-Type");
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers.get("access-control-allow-origin"), "*");
  assert.equal(allowed.headers.get("access-control-allow-methods"), "GET, POST, PUT, OPTIONS, DELETE, PATCH");
  assert.equal(allowed.headers.get("access-control-allow-headers"), "Authorization, Content-Type");
  assert.equal(allowed.headers.get("access-control-max-age"), "1728000");
  assert.equal(allowed.headers.get("access-control-allow-credentials"), null);
  assert.equal((await preflight("TRACE", "accept")).status, 405);
  assert.equal((await preflight("GET", "x-other")).status, 403);
  assert.equal((await preflight("GET", null)).status, 400);
  assert.equal((await preflight("POST", "X-Requested-With")).status, 405, "scripts may read alone");
  assert.equal((await preflight("GET", "X-Requested-With, Accept")).status, 200);
  const headers = { ...origin, authorization: `bearer ${await uaa.adminToken()}` };
  const asked = await uaa.send("GET", "/userinfo", headers);
  assert.deepEqual([asked.status, asked.headers.get("access-control-allow-origin")], [200, "*"]);
  assert.equal((await uaa.send("GET", "/info", { origin: "no origin" })).status, 403);
});

test("SAML is not spoken: no metadata, no assertion is good, and its token address takes the other grants", async () => {
  await using uaa = await bootUaa();
  assert.equal((await uaa.send("GET", "/saml/metadata", {})).status, 404);
  const posted = await uaa.send("POST", "/saml/SSO/alias/uaa.cf.localhost", FORM, "SAMLResponse=PHg%2BPC94Pg%3D%3D");
  assert.deepEqual([posted.status, posted.headers.get("location")], [302, "/saml_error"]);
  assert.match((await uaa.send("GET", "/saml_error", { accept: "text/html" })).text, /SAML message is invalid/);
  assert.match((await uaa.send("GET", "/oauth_error", { accept: "text/html" })).text, /external identity provider/);
  const grant = (form: Record<string, string>) =>
    uaa.send(
      "POST",
      "/oauth/token/alias/uaa.cf.localhost",
      { ...FORM, authorization: basic("gorouter", secretOf("gorouter")) },
      new URLSearchParams(form).toString(),
    );
  const bearer = { grant_type: "urn:ietf:params:oauth:grant-type:saml2-bearer" };
  const missing = await grant(bearer);
  assert.deepEqual(
    [missing.status, missing.json],
    [401, { error: "unauthorized", error_description: "SAML Assertion is missing" }],
  );
  assert.equal(
    (await grant({ ...bearer, assertion: "PHg-" })).json["error_description"],
    "Incoming SAML message is invalid",
  );
  assert.equal((await grant({ grant_type: "client_credentials" })).status, 200);
});
