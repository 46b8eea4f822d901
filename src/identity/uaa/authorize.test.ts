import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { type BootedUaa, bootUaa, type Json, newUser, password } from "./testing/boot-uaa.ts";
import { Browser, hiddenFields, locationOf } from "./testing/uaa-browser.ts";

const REDIRECT = "https://app.example/callback";
const SECRET = "a-long-secret-of-a-machine";

async function registerApp(uaa: BootedUaa, change: Json = {}): Promise<void> {
  const made = await uaa.json("POST", "/oauth/clients", await uaa.adminClient(), {
    client_id: "app",
    name: "The <App>",
    client_secret: SECRET,
    authorized_grant_types: ["authorization_code", "refresh_token"],
    redirect_uri: [REDIRECT],
    scope: ["openid", "profile", "cloud_controller.read"],
    autoapprove: ["openid"],
    ...change,
  });
  assert.equal(made.status, 201, made.text);
}

const authorizeUrl = (query: Record<string, string> = {}): string =>
  `/oauth/authorize?${new URLSearchParams({ client_id: "app", response_type: "code", redirect_uri: REDIRECT, ...query })}`;

const fragmentOf = (url: URL): URLSearchParams => new URLSearchParams(url.hash.slice(1));

async function exchange(uaa: BootedUaa, code: string, secret = SECRET) {
  return await uaa.token({ grant_type: "authorization_code", code, redirect_uri: REDIRECT }, "app", secret);
}

/** Who may get tokens in the browser has no secret. */
const IN_THE_BROWSER = {
  authorized_grant_types: ["authorization_code", "implicit"],
  client_secret: "",
  autoapprove: true,
};

test("a user signs in, ticks scopes on the approval page, and the code gives just these", async () => {
  await using uaa = await bootUaa();
  await registerApp(uaa);
  const browser = new Browser(uaa);
  const start = authorizeUrl({ state: "s 1&x" });
  const toLogin = await browser.get(start);
  assert.equal(locationOf(toLogin).pathname, "/login");
  const signedIn = await browser.signIn("admin", "s3cret", toLogin.headers.get("location")!);
  assert.equal(signedIn.headers.get("location"), start, "back to where the client had sent the browser");
  const page = await browser.get(start);
  assert.equal(page.status, 200);
  assert.match(page.text, /The &lt;App&gt;/);
  assert.equal(page.headers.get("x-frame-options"), "DENY");
  assert.match(page.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  assert.doesNotMatch(page.text, /scope\.openid/, "what is approved by the client's registration is not asked");
  const boxes = [...page.text.matchAll(/name="(scope\.\d)" value="([^"]+)"/g)].map((box) => [box[1], box[2]]);
  assert.deepEqual(boxes.map((box) => box[1]).sort(), ["scope.cloud_controller.read", "scope.profile"]);
  const profile = boxes.find((box) => box[1] === "scope.profile")!;
  const answer = await browser.submit(page, { user_oauth_approval: "true", [profile[0]!]: profile[1]! });
  const back = locationOf(answer);
  assert.equal(back.origin + back.pathname, REDIRECT);
  assert.equal(back.searchParams.get("state"), "s 1&x");
  const tokens = await exchange(uaa, back.searchParams.get("code")!);
  assert.deepEqual(new Set(String(tokens.json["scope"]).split(" ")), new Set(["openid", "profile"]));
  // All has been answered: the next request asks nothing and gives what was allowed.
  const again = locationOf(await browser.get(start));
  assert.equal((await exchange(uaa, again.searchParams.get("code")!)).json["scope"], tokens.json["scope"]);
});

test("the form of a script, without the page's address, is taken for the request that the session asked", async () => {
  await using uaa = await bootUaa();
  await registerApp(uaa);
  const browser = new Browser(uaa);
  await browser.signIn("admin", "s3cret");
  const page = await browser.get(authorizeUrl());
  const csrf = hiddenFields(page.text)["X-Uaa-Csrf"]!;
  const form = { user_oauth_approval: "true", "scope.0": "scope.profile", "X-Uaa-Csrf": csrf };
  const answer = await browser.post("/oauth/authorize", form);
  assert.ok(locationOf(answer).searchParams.get("code"), answer.text);
  const twice = await browser.post("/oauth/authorize", form);
  assert.equal(twice.status, 400);
  assert.match(twice.text, /Cannot approve uninitialized authorization request/);
});

test("a denial, a scope that was not asked for and a form from elsewhere give no code", async () => {
  await using uaa = await bootUaa();
  await registerApp(uaa);
  const browser = new Browser(uaa);
  await browser.signIn("admin", "s3cret");
  const denied = locationOf(await browser.submit(await browser.get(authorizeUrl()), { user_oauth_approval: "false" }));
  assert.equal(denied.searchParams.get("error"), "access_denied");
  const more = { user_oauth_approval: "true", "scope.0": "scope.cloud_controller.admin" };
  const widened = locationOf(await browser.submit(await browser.get(authorizeUrl()), more));
  assert.equal(widened.searchParams.get("error"), "invalid_scope");
  await browser.get(authorizeUrl());
  const forged = await browser.post("/oauth/authorize", { user_oauth_approval: "true", "scope.0": "scope.profile" });
  assert.equal(forged.status, 403);
});

test("approvals are seen and taken back, by the API and on the profile page; then refreshing ends", async () => {
  await using uaa = await bootUaa();
  await registerApp(uaa);
  const browser = new Browser(uaa);
  await browser.signIn("admin", "s3cret");
  const form = { user_oauth_approval: "true", "scope.0": "scope.profile", "scope.1": "scope.cloud_controller.read" };
  const back = locationOf(await browser.submit(await browser.get(authorizeUrl()), form));
  const { json } = await exchange(uaa, back.searchParams.get("code")!);
  const refresh = { grant_type: "refresh_token", refresh_token: String(json["refresh_token"]) };
  assert.equal((await uaa.token(refresh, "app", SECRET)).status, 200);
  const profile = await browser.get("/profile");
  assert.match(profile.text, /value="app-profile" checked/);
  const csrf = hiddenFields(profile.text)["X-Uaa-Csrf"]!;
  const update = [
    ["X-Uaa-Csrf", csrf],
    ["clientId", "app"],
    ["checkedScopes", "app-cloud_controller.read"],
    ["update", ""],
  ];
  await browser.post("/profile", update);
  assert.equal((await uaa.token(refresh, "app", SECRET)).json["error"], "invalid_token");
  await browser.post("/profile", { "X-Uaa-Csrf": csrf, clientId: "app", delete: "" });
  assert.doesNotMatch((await browser.get("/profile")).text, /app-profile/);
});

test("implicit and hybrid answers come in the fragment, with the tokens that were asked for and no refresh token", async () => {
  await using uaa = await bootUaa();
  await registerApp(uaa, IN_THE_BROWSER);
  const browser = new Browser(uaa);
  await browser.signIn("admin", "s3cret");
  const ask = async (type: string) =>
    fragmentOf(locationOf(await browser.get(authorizeUrl({ response_type: type, nonce: "n", state: "s" }))));
  const implicit = await ask("token");
  assert.equal((await uaa.json("GET", "/userinfo", implicit.get("access_token"))).json["user_name"], "admin");
  assert.deepEqual(
    [implicit.get("token_type"), implicit.get("state"), implicit.has("refresh_token")],
    ["bearer", "s", false],
  );
  const idOnly = await ask("id_token");
  assert.deepEqual([idOnly.has("access_token"), idOnly.has("id_token"), idOnly.has("code")], [false, true, false]);
  const claims = JSON.parse(Buffer.from(idOnly.get("id_token")!.split(".")[1]!, "base64url").toString()) as Json;
  assert.deepEqual([claims["nonce"], claims["aud"], claims["grant_type"]], ["n", ["app"], "implicit"]);
  const hybrid = await ask("code id_token");
  assert.deepEqual([hybrid.has("access_token"), hybrid.has("id_token")], [false, true]);
  assert.equal((await exchange(uaa, hybrid.get("code")!, "")).status, 200);
  const both = await ask("token id_token");
  assert.ok(both.has("access_token") && both.has("id_token"));
});

test("what is wrong with a request goes back to the client; what makes its address doubtful is for the user's eyes", async () => {
  await using uaa = await bootUaa();
  await registerApp(uaa);
  const browser = new Browser(uaa);
  await browser.signIn("admin", "s3cret");
  const told = async (query: Record<string, string>) =>
    locationOf(await browser.get(authorizeUrl({ state: "s", ...query }))).searchParams;
  assert.equal((await told({ response_type: "magic" })).get("error"), "unsupported_response_type");
  assert.equal((await told({ scope: "made.up" })).get("error"), "invalid_scope");
  assert.equal((await told({ code_challenge: "short" })).get("error"), "invalid_request");
  const wrongMethod = { code_challenge: "c".repeat(43), code_challenge_method: "S512" };
  assert.equal((await told(wrongMethod)).get("error"), "invalid_request");
  assert.equal((await told({ scope: "made.up" })).get("state"), "s");
  const doubtful: Record<string, string>[] = [{ redirect_uri: "https://evil.example/" }, { client_id: "nobody" }];
  for (const query of doubtful) {
    const shown = await browser.get(authorizeUrl(query));
    assert.ok(shown.status >= 400 && shown.headers.get("location") === null, `${shown.status}`);
    assert.match(shown.headers.get("content-type") ?? "", /html/);
  }
});

test("prompt=none never shows a page, prompt=login and max_age ask for a fresh sign-in", async () => {
  let offsetMs = 0;
  const system = systemClock();
  await using uaa = await bootUaa(":memory:", { ...system, nowMs: () => system.nowMs() + offsetMs });
  await registerApp(uaa);
  const browser = new Browser(uaa);
  const none = authorizeUrl({ prompt: "none" });
  const stranger = locationOf(await browser.get(none)).searchParams;
  assert.equal(stranger.get("error"), "login_required");
  assert.match(stranger.get("session_state") ?? "", /^[0-9a-f]{64}\.[0-9a-f]+$/);
  await browser.signIn("admin", "s3cret");
  assert.equal(locationOf(await browser.get(none)).searchParams.get("error"), "interaction_required");
  const onlyOpenId = authorizeUrl({ prompt: "none", scope: "openid" });
  assert.ok(locationOf(await browser.get(onlyOpenId)).searchParams.has("code"));
  offsetMs = 61_000;
  const fresh = locationOf(await browser.get(authorizeUrl({ scope: "openid", max_age: "60" })));
  assert.equal(fresh.pathname, "/login");
  assert.doesNotMatch(fresh.searchParams.get("form_redirect_uri") ?? "", /max_age/);
  await browser.signIn("admin", "s3cret");
  const login = locationOf(await browser.get(authorizeUrl({ scope: "openid", prompt: "login" })));
  assert.equal(login.pathname, "/login");
  assert.equal(locationOf(await browser.get("/")).pathname, "/login", "the old session has ended");
});

test("a login hint fills in the name; a session ends after half an hour without a request, and with the account", async () => {
  let offsetMs = 0;
  const system = systemClock();
  await using uaa = await bootUaa(":memory:", { ...system, nowMs: () => system.nowMs() + offsetMs });
  await registerApp(uaa);
  const browser = new Browser(uaa);
  const toLogin = await browser.get(authorizeUrl({ login_hint: 'dev"@x' }));
  assert.match((await browser.get(toLogin.headers.get("location")!)).text, /value="dev&quot;@x"/);
  const admin = await uaa.adminToken();
  const id = String((await uaa.json("POST", "/Users", admin, newUser("dev"))).json["id"]);
  await browser.signIn("dev", "pw");
  for (offsetMs of [1_700_000, 3_400_000])
    assert.equal((await browser.get("/")).status, 200, "each use lets it live on");
  offsetMs += 1_801_000;
  assert.equal((await browser.get("/")).status, 302);
  await browser.signIn("dev", "pw");
  const fresh = await uaa.adminToken();
  await uaa.json("PATCH", `/Users/${id}`, fresh, { active: false }, { "if-match": "*" });
  assert.equal((await browser.get("/")).status, 302);
});

test("the cookies of the session are for this site alone, and signing in changes the session's id", async () => {
  await using uaa = await bootUaa();
  const browser = new Browser(uaa);
  browser.cookies.set("JSESSIONID", "planted-by-somebody");
  const answer = await browser.signIn("admin", "s3cret");
  const cookie = answer.headers.getSetCookie().find((line) => line.startsWith("JSESSIONID="))!;
  for (const flag of ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"]) assert.ok(cookie.includes(flag), flag);
  assert.notEqual(browser.cookies.get("JSESSIONID"), "planted-by-somebody");
  const plain = await uaa.send("GET", "/login", { accept: "text/html", "x-forwarded-proto": "http" });
  assert.doesNotMatch(plain.headers.get("set-cookie")!, /Secure/);
});

test("signing out leads to our pages and registered addresses alone", async () => {
  await using uaa = await bootUaa(":memory:", undefined, { logoutRedirects: ["https://console.example/**"] });
  await registerApp(uaa);
  const browser = new Browser(uaa);
  const out = async (query: Record<string, string>) => {
    await browser.signIn("admin", "s3cret");
    return (await browser.get(`/logout.do?${new URLSearchParams(query)}`)).headers.get("location");
  };
  assert.equal(await out({}), "/login");
  assert.equal(await out({ redirect: "https://evil.example/" }), "/login");
  assert.equal(await out({ redirect: "//evil.example/" }), "/login");
  assert.equal(await out({ redirect: "https://console.example/bye" }), "https://console.example/bye");
  assert.equal(await out({ redirect: REDIRECT }), "/login", "whose address is it?");
  assert.equal(await out({ redirect: REDIRECT, client_id: "app" }), REDIRECT);
  const { json } = await uaa.token(password("admin", "s3cret"));
  const hint = { post_logout_redirect_uri: REDIRECT, id_token_hint: String(json["id_token"]), state: "s" };
  assert.equal(await out(hint), "/login", "the token is another client's");
  assert.equal(await out({ post_logout_redirect_uri: REDIRECT, client_id: "app", state: "s" }), `${REDIRECT}?state=s`);
  assert.equal((await browser.get("/")).status, 302);
});

test("credentials that are posted along give a token without any page, as command lines of old did it", async () => {
  await using uaa = await bootUaa();
  await registerApp(uaa, IN_THE_BROWSER);
  const browser = new Browser(uaa);
  const form = { response_type: "token", client_id: "app", redirect_uri: REDIRECT };
  const credentials = JSON.stringify({ username: "admin", password: "s3cret" });
  const answer = await browser.post("/oauth/authorize", { ...form, credentials });
  assert.ok(fragmentOf(locationOf(answer)).has("access_token"));
  const wrong = await browser.post("/oauth/authorize", {
    ...form,
    source: "credentials",
    username: "admin",
    password: "no",
  });
  assert.equal(wrong.status, 401);
});

test("a code of /autologin signs its user in, once and for the client that asked", async () => {
  await using uaa = await bootUaa();
  await registerApp(uaa, { autoapprove: true });
  const basic = `Basic ${Buffer.from(`app:${SECRET}`).toString("base64")}`;
  const make = async () => {
    const body = JSON.stringify({ username: "admin", password: "s3cret" });
    const headers = { authorization: basic, "content-type": "application/json" };
    const { json, status } = await uaa.send("POST", "/autologin", headers, body);
    assert.deepEqual([status, json["path"]], [200, "/oauth/authorize"]);
    return String(json["code"]);
  };
  const browser = new Browser(uaa);
  const code = await make();
  const signedIn = await browser.get(authorizeUrl({ code }));
  const next = locationOf(signedIn);
  assert.equal(next.searchParams.has("code"), false);
  assert.ok(locationOf(await browser.get(next.pathname + next.search)).searchParams.has("code"));
  assert.equal((await new Browser(uaa).get(`/autologin?client_id=app&code=${code}`)).status, 422);
  assert.equal((await new Browser(uaa).get(`/autologin?client_id=cf&code=${await make()}`)).status, 401);
});
