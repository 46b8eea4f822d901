import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser, locationOf } from "./testing/uaa-browser.ts";
import { CALLBACK, UaaWorld } from "./testing/world.ts";

const html = { accept: "text/html" };

test("who has signed in comes home, to links of what he may do; others to the login page", async () => {
  await using world = await UaaWorld.boot();
  const { name } = await world.user();
  for (const path of ["/", "/home"]) {
    const stranger = await world.uaa.send("GET", path, html);
    assert.equal(locationOf(stranger).pathname, "/login");
    assert.equal(locationOf(stranger).searchParams.get("form_redirect_uri"), path);
  }
  const browser = await world.signedIn(name);
  const shown = await world.client({ name: "hidden" });
  await world.make("PUT", `/oauth/clients/${shown}/meta`, {
    showOnHomePage: true,
    appLaunchUrl: "https://shop.example/start?a=1&b=2",
    clientName: "The <b>Shop</b>",
  });
  const unseen = await world.client();
  await world.make("PUT", `/oauth/clients/${unseen}/meta`, {
    showOnHomePage: false,
    appLaunchUrl: "https://no.example/",
  });
  const home = await browser.get("/home");
  assert.equal(home.status, 200);
  assert.ok(home.text.includes(name));
  assert.ok(
    home.text.includes('<a href="https://shop.example/start?a=1&amp;b=2">The &lt;b&gt;Shop&lt;/b&gt;</a>'),
    home.text,
  );
  assert.ok(!home.text.includes("no.example"));
});

test("pages that say that mail is on its way are the same for everybody", async () => {
  await using world = await UaaWorld.boot();
  const [one, other] = await Promise.all(
    ["/email_sent?code=reset_password", "/accounts/email_sent"].map((path) => world.uaa.send("GET", path, html)),
  );
  assert.equal(one!.status, 200);
  assert.match(one!.text, /Check your email/);
  assert.equal(one!.text, other!.text);
});

test("the page for answers in the fragment runs the one script that sends them on, and no other", async () => {
  await using world = await UaaWorld.boot();
  const page = await world.uaa.send("GET", "/login_implicit", html);
  assert.equal(page.status, 200);
  assert.match(page.text, /<form id="formAuthenticate" method="post">/);
  const policy = page.headers.get("content-security-policy") ?? "";
  assert.match(policy, /script-src 'sha256-[\w+/=]+';/);
  assert.ok(!policy.includes("unsafe-inline' script"));
});

test("a saved account is forgotten: its cookie ends, and the login page comes", async () => {
  await using world = await UaaWorld.boot();
  const answer = await world.uaa.send("GET", "/delete_saved_account?userId=1234-%0d%0aSet-Cookie:x=y", html);
  assert.equal(locationOf(answer).pathname, "/login");
  assert.deepEqual(answer.headers.getSetCookie(), [
    "Saved-Account-1234-%0D%0ASet-Cookie%3Ax%3Dy=; Max-Age=0; Path=/login",
  ]);
});

test("who chooses an origin or names his address is led to the provider of it, or to the login page", async () => {
  await using world = await UaaWorld.boot();
  const post = async (path: string, form: Record<string, string>) => {
    const answer = await world.send("POST", path, { form, headers: html }, null);
    assert.equal(answer.status, 302, answer.text);
    return locationOf(answer);
  };
  assert.equal((await post("/origin-chooser", {})).search, "?discoveryPerformed=true");
  const chosen = await post("/origin-chooser", { login_hint: "elsewhere" });
  assert.equal(chosen.searchParams.get("login_hint"), '{"origin":"elsewhere"}');
  const { id, origin } = await world.provider();
  const body = world.providerBody(origin);
  await world.make("PUT", `/identity-providers/${id}`, {
    ...body,
    config: { ...(body["config"] as object), emailDomain: ["*.example.com"] },
  });
  const led = await world.uaa.send("GET", `/login?login_hint=${encodeURIComponent(JSON.stringify({ origin }))}`, html);
  assert.equal(locationOf(led).pathname, `/login/external/${origin}`);
  assert.equal(
    (await post("/login/idp_discovery", { email: "eva@sales.example.com" })).pathname,
    `/login/external/${origin}`,
  );
  const own = await post("/login/idp_discovery", { email: "eva@example.org" });
  assert.deepEqual([own.pathname, own.searchParams.get("login_hint")], ["/login", "eva@example.org"]);
  const skipped = await post("/login/idp_discovery", { email: "eva@sales.example.com", skipDiscovery: "true" });
  assert.equal(skipped.pathname, "/login");
  assert.equal((await world.send("POST", "/login/idp_discovery", { form: {} }, null)).status, 400);
});

test("the frames of session management may be framed and carry what they were asked for, as text", async () => {
  await using world = await UaaWorld.boot();
  for (const path of ["/session", "/session_management"]) {
    const query = new URLSearchParams({
      clientId: '"><script>alert(1)</script>',
      messageOrigin: "https://shop.example",
    });
    const page = await world.uaa.send("GET", `${path}?${query}`, html);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get("x-frame-options"), null);
    assert.match(page.headers.get("content-security-policy") ?? "", /frame-ancestors \*/);
    assert.ok(page.text.includes("&lt;script&gt;alert(1)") && !page.text.includes("<script>alert"));
    assert.equal((await world.uaa.send("GET", path, html)).status, 400);
  }
});

test("the page that asks for approval is there as long as the question is open", async () => {
  await using world = await UaaWorld.boot();
  const { name } = await world.user();
  const client = await world.client({ scope: ["openid", "cloud_controller.read"], name: "Shop" });
  const browser = await world.signedIn(name);
  assert.match((await browser.get("/oauth/confirm_access")).text, /we don&#39;t know what you are asking for/);
  const query = new URLSearchParams({ client_id: client, response_type: "code", redirect_uri: CALLBACK, state: "s1" });
  assert.equal((await browser.get(`/oauth/authorize?${query}`)).status, 200);
  const page = await browser.get("/oauth/confirm_access");
  assert.match(page.text, /<b>Shop<\/b> has requested permission/);
  const answered = await browser.submit(page, { "scope.0": "scope.openid", user_oauth_approval: "true" });
  const target = locationOf(answered);
  assert.deepEqual([target.origin, target.searchParams.get("state")], ["https://shop.example", "s1"]);
  assert.match((await browser.get("/oauth/confirm_access")).text, /No authorization request is present/);
  const stranger = new Browser(world.uaa);
  assert.equal(locationOf(await stranger.get("/oauth/confirm_access")).pathname, "/login");
});
