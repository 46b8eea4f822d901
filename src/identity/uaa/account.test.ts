import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { type BootedUaa, bootUaa, FORM, type Json, newUser, password } from "./testing/boot-uaa.ts";
import { Browser, locationOf } from "./testing/uaa-browser.ts";

/** A token of a login server of old. */
async function loginServer(uaa: BootedUaa): Promise<string> {
  await uaa.json("POST", "/oauth/clients", await uaa.adminClient(), {
    client_id: "login",
    client_secret: "login-secret-0123456789abcdef",
    authorized_grant_types: ["client_credentials", "authorization_code"],
    authorities: ["oauth.login", "scim.invite"],
    redirect_uri: ["https://app.example/done"],
  });
  return String((await uaa.token({ grant_type: "client_credentials" }, "login")).json["access_token"]);
}

async function addUser(uaa: BootedUaa, name: string, change: Json = {}): Promise<string> {
  const made = await uaa.json("POST", "/Users", await uaa.adminToken(), { ...newUser(name), ...change });
  assert.equal(made.status, 201, made.text);
  return String(made.json["id"]);
}

test("a password is changed in the browser; other browsers and tokens end, this one goes on", async () => {
  await using uaa = await bootUaa();
  await addUser(uaa, "dev");
  const { json } = await uaa.token(password("dev", "pw"));
  const [here, elsewhere] = [new Browser(uaa), new Browser(uaa)];
  await here.signIn("dev", "pw");
  await elsewhere.signIn("dev", "pw");
  const form = { current_password: "pw", new_password: "next", confirm_password: "next" };
  const fields = async () => await here.get("/change_password");
  assert.equal((await here.submit(await fields(), { ...form, current_password: "no" })).status, 422);
  assert.equal((await here.submit(await fields(), { ...form, confirm_password: "other" })).status, 422);
  const same = { current_password: "pw", new_password: "pw", confirm_password: "pw" };
  assert.match((await here.submit(await fields(), same)).text, /cannot be the same as the old password/);
  assert.equal(locationOf(await here.submit(await fields(), form)).pathname, "/profile");
  assert.equal((await here.get("/")).status, 200);
  assert.equal((await elsewhere.get("/")).status, 302);
  assert.equal((await uaa.json("GET", "/userinfo", json["access_token"])).status, 401);
  assert.equal((await uaa.token(password("dev", "next"))).status, 200);
});

test("who must change the password can do nothing else, and is then led to where he wanted to go", async () => {
  await using uaa = await bootUaa();
  const id = await addUser(uaa, "dev");
  const admin = await uaa.adminToken();
  const status = await uaa.json("PATCH", `/Users/${id}/status`, admin, { passwordChangeRequired: true });
  assert.deepEqual(status.json, { passwordChangeRequired: true });
  const refused = await uaa.token(password("dev", "pw"));
  assert.deepEqual([refused.status, refused.json["error_description"]], [401, "password change required"]);
  const browser = new Browser(uaa);
  const answer = await browser.signIn("dev", "pw", "/login?form_redirect_uri=%2Fpasscode");
  assert.equal(locationOf(answer).pathname, "/force_password_change");
  assert.equal(locationOf(await browser.get("/passcode")).pathname, "/force_password_change");
  const silently = new URLSearchParams({ client_id: "ssh-proxy", response_type: "code", prompt: "none" });
  const told = locationOf(await browser.get(`/oauth/authorize?${silently}`)).searchParams.get("error");
  assert.equal(told, "interaction_required");
  const page = await browser.get(answer.headers.get("location")!);
  const done = await browser.submit(page, { password: "next", password_confirmation: "next" });
  assert.equal(done.headers.get("location"), "/passcode");
  assert.equal((await browser.get("/passcode")).status, 200);
  assert.equal((await uaa.token(password("dev", "next"))).status, 200);
  for (const body of [{ locked: true }, { passwordChangeRequired: false }]) {
    assert.equal((await uaa.json("PATCH", `/Users/${id}/status`, admin, body)).status, 400);
  }
});

test("the password policy holds wherever a password is chosen, and an old password must be replaced", async () => {
  let offsetMs = 0;
  const system = systemClock();
  await using uaa = await bootUaa(
    ":memory:",
    { ...system, nowMs: () => system.nowMs() + offsetMs },
    { passwordPolicy: { minLength: 8, requireDigit: 1, requireUpperCaseCharacter: 1, expirePasswordInMonths: 1 } },
  );
  const weak = await uaa.json("POST", "/Users", await uaa.adminToken(), newUser("dev"));
  assert.equal(weak.status, 422);
  assert.equal(weak.json["error"], "invalid_password");
  assert.equal(
    weak.json["error_description"],
    "Password must be at least 8 characters in length. Password must contain at least 1 uppercase characters. Password must contain at least 1 digit characters.",
  );
  await addUser(uaa, "dev", { password: "Passw0rd" });
  assert.equal((await uaa.token(password("dev", "Passw0rd"))).status, 200);
  offsetMs = 32 * 86_400_000;
  assert.equal((await uaa.token(password("dev", "Passw0rd"))).json["error_description"], "password change required");
});

test("an administrator opens a locked account; the login page says that it is locked", async () => {
  await using uaa = await bootUaa(":memory:", undefined, { lockoutPolicy: { lockoutAfterFailures: 2 } });
  const id = await addUser(uaa, "dev");
  const browser = new Browser(uaa);
  for (let attempt = 0; attempt < 2; attempt++) await browser.signIn("dev", "no");
  const locked = locationOf(await browser.signIn("dev", "pw"));
  assert.equal(locked.searchParams.get("error"), "account_locked");
  assert.match((await browser.get(locked.pathname + locked.search)).text, /role="alert">Your account has been locked/);
  await uaa.json("PATCH", `/Users/${id}/status`, await uaa.adminToken(), { locked: false });
  assert.equal(locationOf(await browser.signIn("dev", "pw")).pathname, "/");
});

test("many guesses at once get no further than guesses in turn", async () => {
  await using uaa = await bootUaa();
  await addUser(uaa, "dev");
  const guesses = Array.from({ length: 20 }, (_, at) => uaa.token(password("dev", at < 19 ? `no-${at}` : "pw")));
  const answers = await Promise.all(guesses);
  assert.equal(answers.at(-1)!.status, 401, "the right one came after five wrong ones");
});

test("a forgotten password is reset with a code that an administrator's program asks for; it works once", async () => {
  await using uaa = await bootUaa();
  const id = await addUser(uaa, "dev");
  const login = await loginServer(uaa);
  const ask = (name: string) => uaa.send("POST", "/password_resets", { authorization: `bearer ${login}` }, name);
  const made = await ask("dev");
  assert.deepEqual([made.status, made.json["user_id"]], [201, id]);
  assert.equal((await ask("nobody")).status, 404);
  const replaced = (await ask("dev")).json["code"];
  const change = (code: unknown, word: string) =>
    uaa.json("POST", "/password_change", login, { code, new_password: word });
  assert.equal((await change(made.json["code"], "next")).json["error"], "invalid_code", "a newer code has replaced it");
  assert.equal((await change(replaced, "pw")).json["error"], "invalid_password", "and the code is still good");
  const changed = await change(replaced, "next");
  assert.deepEqual([changed.status, changed.json["username"]], [200, "dev"]);
  assert.equal((await uaa.token(password("dev", "next"))).status, 200);
  assert.equal((await change(replaced, "third")).status, 422);
  const browser = new Browser(uaa);
  await browser.get(`/autologin?client_id=login&code=${String(changed.json["code"])}`);
  assert.equal((await browser.get("/")).status, 200, "the login code signs in");
  assert.equal((await uaa.json("POST", "/password_change", await uaa.adminToken(), {})).status, 403);
});

test("the page of a reset link can be opened twice and used once; a changed password voids it", async () => {
  await using uaa = await bootUaa();
  await addUser(uaa, "dev");
  const login = await loginServer(uaa);
  const ask = async () =>
    String((await uaa.send("POST", "/password_resets", { authorization: `bearer ${login}` }, "dev")).json["code"]);
  const code = await ask();
  const browser = new Browser(uaa);
  assert.equal((await uaa.send("HEAD", `/reset_password?code=${code}`, { accept: "text/html" })).status, 200);
  const page = await browser.get(`/reset_password?code=${code}`);
  const mismatch = await browser.submit(page, { password: "a", password_confirmation: "b" });
  assert.equal(mismatch.status, 422);
  const done = await browser.submit(page, { password: "next", password_confirmation: "next" });
  assert.equal(done.headers.get("location"), "/login?success=password_reset");
  assert.match((await browser.get("/login?success=password_reset")).text, /role="status">Password reset successful/);
  assert.equal((await browser.get(`/reset_password?code=${code}`)).status, 422);
  const stale = await ask();
  const { json } = await uaa.token(password("dev", "next"));
  const self = String((await uaa.json("GET", "/userinfo", json["access_token"])).json["user_id"]);
  await uaa.json("PUT", `/Users/${self}/password`, json["access_token"], { oldPassword: "next", password: "third" });
  const late = await uaa.json("POST", "/password_change", login, { code: stale, new_password: "fourth" });
  assert.equal(late.json["error"], "invalid_code");
});

test("people are invited by a link, choose their password, and are led to the client", async () => {
  await using uaa = await bootUaa();
  const login = await loginServer(uaa);
  const path = `/invite_users?${new URLSearchParams({ redirect_uri: "https://app.example/done" })}`;
  const made = await uaa.json("POST", path, login, { emails: ["New@Example.com", "nonsense"] });
  assert.equal(made.status, 200, made.text);
  const [invited] = made.json["new_invites"] as Json[];
  assert.deepEqual([invited!["email"], invited!["success"], invited!["origin"]], ["new@example.com", true, "uaa"]);
  const [failed] = made.json["failed_invites"] as Json[];
  assert.deepEqual([failed!["errorCode"], failed!["errorMessage"]], ["email.invalid", "nonsense is invalid email."]);
  const link = new URL(String(invited!["inviteLink"]));
  const browser = new Browser(uaa);
  const page = await browser.get(link.pathname + link.search);
  assert.equal((await browser.submit(page, { password: "", password_confirmation: "" })).status, 422);
  const done = await browser.submit(page, { password: "mine", password_confirmation: "mine" });
  assert.equal(done.headers.get("location"), "https://app.example/done");
  assert.equal((await uaa.token(password("new@example.com", "mine"))).status, 200);
  assert.equal((await browser.get(link.pathname + link.search)).status, 422);
  const again = await uaa.json("POST", path, login, { emails: ["new@example.com"] });
  const [known] = again.json["new_invites"] as Json[];
  assert.equal(known!["userId"], invited!["userId"]);
  const second = new URL(String(known!["inviteLink"]));
  const straight = await browser.get(second.pathname + second.search);
  assert.equal(straight.headers.get("location"), "https://app.example/done", "who is verified needs no password");
  assert.equal((await uaa.json("POST", path, await uaa.adminClient(), { emails: [] })).status, 200);
});

test("an account that is not verified cannot sign in until its link is opened", async () => {
  await using uaa = await bootUaa();
  const id = await addUser(uaa, "dev", { verified: false });
  const admin = await uaa.adminToken();
  assert.equal((await uaa.token(password("dev", "pw"))).status, 403);
  const path = `/Users/${id}/verify-link?${new URLSearchParams({ redirect_uri: "https://app.example/" })}`;
  const link = new URL(
    String((await uaa.json("GET", path, await uaa.adminClientWith("scim.create"))).json["verify_link"]),
  );
  const browser = new Browser(uaa);
  assert.equal((await uaa.send("HEAD", link.pathname + link.search, {})).status, 302, "mail programs look first");
  const done = await browser.get(link.pathname + link.search);
  assert.equal(done.headers.get("location"), "/login?success=verify_success");
  assert.equal((await uaa.token(password("dev", "pw"))).status, 200);
  assert.equal((await browser.get(link.pathname + link.search)).status, 422);
  assert.equal((await uaa.json("GET", `/Users/${id}/verify`, admin)).json["verified"], true);
});

test("an address changes when the code comes back; a name that is the address changes with it", async () => {
  await using uaa = await bootUaa();
  const id = await addUser(uaa, "dev@example.com");
  await addUser(uaa, "taken@example.com");
  const login = await loginServer(uaa);
  const ask = (email: string) =>
    uaa.json("POST", "/email_verifications", login, { userId: id, email, client_id: "login" });
  assert.equal((await ask("taken@example.com")).status, 409);
  const code = (await ask("new@example.com")).text;
  const change = () => uaa.send("POST", "/email_changes", { authorization: `bearer ${login}` }, code);
  assert.deepEqual((await change()).json, { username: "new@example.com", userId: id, email: "new@example.com" });
  assert.equal((await change()).status, 422);
  assert.equal((await uaa.token(password("new@example.com", "pw"))).status, 200);
});

test("with mail, people make accounts and ask for a new password themselves; without it these pages are closed", async () => {
  const letters: { to: string; text: string }[] = [];
  const mail = { send: async (to: string, _subject: string, text: string) => void letters.push({ to, text }) };
  await using uaa = await bootUaa(":memory:", undefined, {}, { mail });
  const browser = new Browser(uaa);
  const form = { email: "me@example.com", password: "mine", password_confirmation: "mine" };
  const sent = await browser.submit(await browser.get("/create_account"), form);
  assert.equal(sent.headers.get("location"), "/accounts/email_sent");
  assert.equal((await uaa.token(password("me@example.com", "mine"))).status, 403, "not verified yet");
  const open = async () => {
    const link = new URL(/https:\S+/.exec(letters.at(-1)!.text)![0]);
    return await browser.get(link.pathname + link.search);
  };
  assert.equal(locationOf(await open()).searchParams.get("success"), "verify_success");
  assert.equal((await uaa.token(password("me@example.com", "mine"))).status, 200);
  assert.equal((await browser.submit(await browser.get("/create_account"), form)).status, 422);
  for (const [username, letterCount] of [
    ["nobody", 1],
    ["me@example.com", 2],
  ] as const) {
    const answer = await browser.submit(await browser.get("/forgot_password"), { username });
    assert.equal(answer.headers.get("location"), "/email_sent?code=reset_password", "the same for everybody");
    assert.equal(letters.length, letterCount);
  }
  const reset = await browser.submit(await open(), { password: "next", password_confirmation: "next" });
  assert.equal(reset.status, 302);
  await browser.signIn("me@example.com", "next");
  const change = await browser.submit(await browser.get("/change_email"), { newEmail: "you@example.com" });
  assert.equal(change.headers.get("location"), "/email_sent?code=email_change");
  assert.equal(letters.at(-1)!.to, "you@example.com");
  assert.equal(locationOf(await open()).pathname, "/profile");
  assert.match((await browser.get("/profile")).text, /you@example\.com/);

  await using closed = await bootUaa();
  for (const path of ["/create_account", "/forgot_password"]) {
    assert.equal((await new Browser(closed).get(path)).status, 404);
  }
  assert.doesNotMatch((await new Browser(closed).get("/login")).text, /create_account/);
});

test("codes of the code store work once, and codes of other flows are not read through it", async () => {
  await using uaa = await bootUaa();
  const login = await loginServer(uaa);
  const data = JSON.stringify({ some: "thing" });
  const made = await uaa.json("POST", "/Codes", login, { data, expiresAt: Date.now() + 60_000 });
  assert.equal(made.status, 201, made.text);
  const path = `/Codes/${String(made.json["code"])}`;
  assert.equal((await uaa.json("GET", path, login)).json["data"], data);
  assert.equal((await uaa.json("GET", path, login)).status, 404);
  assert.equal((await uaa.json("POST", "/Codes", login, { data, expiresAt: 1 })).status, 400);
  const browser = new Browser(uaa);
  await browser.signIn("admin", "s3cret");
  const passcode = /<code>([^<]+)</.exec((await browser.get("/passcode")).text)![1]!;
  assert.equal((await uaa.json("GET", `/Codes/${passcode}`, login)).status, 404);
  assert.equal((await uaa.token({ grant_type: "password", passcode })).status, 200, "and it is still good");
  assert.equal((await uaa.json("GET", path, await uaa.adminToken())).status, 403);
});

test("other programs' forms check a name and a password", async () => {
  await using uaa = await bootUaa();
  const check = (form: Record<string, string>) =>
    uaa.send("POST", "/authenticate", FORM, new URLSearchParams(form).toString());
  assert.deepEqual((await check({ username: "admin", password: "s3cret" })).json, {
    username: "admin",
    email: "admin",
  });
  const wrong = await check({ username: "admin", password: "no" });
  assert.deepEqual([wrong.status, wrong.json], [401, { error: "authentication failed" }]);
});

test("what happens is written down for those who look for misuse, without passwords, codes and tokens", async () => {
  const lines: string[] = [];
  const log = {
    debug() {},
    warn() {},
    error() {},
    info: (text: string, fields?: unknown) => void lines.push(`${text} ${JSON.stringify(fields)}`),
    child: () => log,
  };
  await using uaa = await bootUaa(":memory:", undefined, {}, { log });
  const { json } = await uaa.token(password("admin", "s3cret"));
  await uaa.token(password("admin", "wr0ng-pass"));
  await uaa.token(password("my-pa55word-in-the-wrong-field", "x"));
  await uaa.token(password("admin", "s3cret"), "cf", "client-s3cret");
  const all = lines.join("\n");
  for (const event of [
    "UserAuthenticationSuccess",
    "UserAuthenticationFailure",
    "UserNotFound",
    "ClientAuthenticationFailure",
    "TokenIssuedEvent",
  ]) {
    assert.ok(all.includes(event), event);
  }
  for (const secret of ["s3cret", "wr0ng", "pa55word", String(json["access_token"])])
    assert.ok(!all.includes(secret), secret);
});

test("every page can be used without scripts, without a mouse and with a screen reader", async () => {
  await using uaa = await bootUaa();
  const browser = new Browser(uaa);
  const login = await browser.get("/login");
  await browser.signIn("admin", "s3cret");
  for (const page of [
    login,
    await browser.get("/"),
    await browser.get("/profile"),
    await browser.get("/change_password"),
  ]) {
    assert.match(page.text, /^<!doctype html>\n<html lang="en">/);
    assert.match(page.text, /<title>[^<]+<\/title>/);
    assert.doesNotMatch(page.text, /<script/);
    for (const [, id] of page.text.matchAll(/<input (?!type="hidden")[^>]*id="([^"]+)"/g)) {
      assert.ok(page.text.includes(`<label for="${id}"`), `${id} has a label`);
    }
  }
});

test("nobody is invited into a directory that is not registered", async () => {
  const inDirectory = { userName: "anna", email: "anna@corp.example" };
  await using uaa = await bootUaa();
  const admin = await uaa.adminToken();
  const real = await addUser(uaa, inDirectory.userName, {
    origin: "ldap",
    emails: [{ value: inDirectory.email, primary: true }],
  });
  await uaa.json("POST", "/oauth/clients", await uaa.adminClient(), {
    client_id: "corp",
    client_secret: "corp-secret-0123456789abcdef",
    authorized_grant_types: ["client_credentials"],
    authorities: ["scim.invite"],
    allowedproviders: ["ldap", "no-such"],
  });
  const corp = (await uaa.token({ grant_type: "client_credentials" }, "corp")).json["access_token"];
  const path = `/invite_users?${new URLSearchParams({ redirect_uri: "https://app.example/done" })}`;
  const { json } = await uaa.json("POST", path, corp, { emails: ["anna@corp.example"] });
  const [failed] = json["failed_invites"] as Json[];
  assert.equal(failed?.["errorCode"], "provider.non-existent", "no directory is registered");
  assert.equal((await uaa.json("GET", `/Users/${real}`, admin)).status, 200);
});

test("approvals are replaced as a whole or for one client, and only by their owner", async () => {
  await using uaa = await bootUaa();
  await uaa.json("POST", "/oauth/clients", await uaa.adminClient(), {
    client_id: "me",
    client_secret: "me-secret-0123456789abcdef",
    authorized_grant_types: ["password"],
    scope: ["oauth.approvals", "openid"],
  });
  const token = (await uaa.token(password("admin", "s3cret"), "me")).json["access_token"];
  const put = (path: string, ...approvals: Json[]) => uaa.json("PUT", path, token, approvals);
  const approval = (clientId: string, scope: string): Json => ({ clientId, scope, status: "APPROVED" });
  assert.equal((await put("/approvals", approval("cf", "openid"), approval("me", "openid"))).status, 200);
  const one = await put("/approvals/cf", approval("cf", "scim.read"));
  assert.deepEqual(
    (one.json as unknown as Json[]).map((entry) => entry["scope"]),
    ["scim.read"],
  );
  const all = (await uaa.json("GET", "/approvals", token)).json as unknown as Json[];
  assert.deepEqual(all.map((entry) => `${String(entry["clientId"])} ${String(entry["scope"])}`).sort(), [
    "cf scim.read",
    "me openid",
  ]);
  assert.equal((await put("/approvals", approval("cf", "openid"))).status, 200);
  assert.equal(((await uaa.json("GET", "/approvals", token)).json as unknown as Json[]).length, 1);
  const others = await put("/approvals", { ...approval("cf", "openid"), userId: "somebody-else" });
  assert.deepEqual([others.status, others.json["error"]], [401, "unauthorized_operation"]);
  assert.equal((await put("/approvals/no-such-client")).status, 404);
});
