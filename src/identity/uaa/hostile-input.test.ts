import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { basic, bootUaa, FORM, secretOf } from "./testing/boot-uaa.ts";
import { Browser, hiddenFields } from "./testing/uaa-browser.ts";

const RUNS = 120;

/** Names that handlers read, with values that people who mean harm would send. */
const names = fc.constantFrom(
  "grant_type",
  "client_id",
  "client_secret",
  "client_assertion",
  "client_assertion_type",
  "username",
  "password",
  "passcode",
  "code",
  "code_verifier",
  "code_challenge",
  "code_challenge_method",
  "redirect_uri",
  "refresh_token",
  "assertion",
  "scope",
  "token",
  "scopes",
  "token_format",
  "response_type",
  "prompt",
  "max_age",
  "login_hint",
  "state",
  "nonce",
  "credentials",
  "source",
  "user_oauth_approval",
  "scope.0",
  "X-Uaa-Csrf",
  "form_redirect_uri",
  "redirect",
  "post_logout_redirect_uri",
  "id_token_hint",
  "clientId",
  "messageOrigin",
  "checkedScopes",
  "update",
  "delete",
  "email",
  "newEmail",
  "password_confirmation",
  "new_password",
  "current_password",
  "__proto__",
  "constructor",
);
const values = fc.oneof(
  fc.constantFrom(
    "",
    "password",
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "user_token",
    "implicit",
    "cf",
    "admin",
    "ssh-proxy",
    "code",
    "token id_token",
    "none",
    "login",
    "true",
    "false",
    "opaque",
    "-1",
    "1e999",
    "NaN",
    "null",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "a.b.c",
    "e30.e30.e30",
    "{}",
    "[]",
    "null",
    '{"origin":{}}',
    "%",
    "%zz",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/x\r\nset-cookie: a=b",
    "/é\u2028",
    "\u0000",
    "'; DROP TABLE users --",
    "https://uaa.cf.localhost:8443/login",
    "https://[",
    "x".repeat(5_000),
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const form = fc.array(fc.tuple(names, values), { maxLength: 7 });

const PATHS = [
  "GET /oauth/authorize",
  "POST /oauth/authorize",
  "POST /oauth/token",
  "GET /oauth/token",
  "POST /check_token",
  "POST /introspect",
  "GET /login",
  "POST /login.do",
  "GET /logout.do",
  "GET /passcode",
  "GET /profile",
  "POST /profile",
  "POST /change_password.do",
  "GET /force_password_change",
  "POST /force_password_change",
  "GET /reset_password",
  "POST /reset_password.do",
  "GET /verify_user",
  "GET /verify_email",
  "GET /invitations/accept",
  "POST /invitations/accept.do",
  "POST /invitations/accept_enterprise.do",
  "POST /autologin",
  "GET /autologin",
  "POST /authenticate",
  "POST /login/idp_discovery",
  "GET /session_management",
  "POST /forgot_password.do",
  "POST /create_account.do",
  "POST /change_email.do",
  "GET /clientinfo",
] as const;

test("whatever a form or a query holds, signed in or not, the answer is never our fault and sets no stranger's header", async () => {
  const mail = { send: async () => undefined };
  await using uaa = await bootUaa(":memory:", undefined, { lockoutPolicy: { lockoutAfterFailures: 0 } }, { mail });
  const browser = new Browser(uaa);
  await browser.signIn("admin", "s3cret");
  const csrf = hiddenFields((await browser.get("/change_password")).text)["X-Uaa-Csrf"]!;
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const callers: Record<string, string>[] = [
    { accept: "text/html" },
    { accept: "text/html", cookie: `X-Uaa-Csrf=${csrf}` },
    { authorization: basic("doppler", secretOf("doppler")) },
    { authorization: `bearer ${await uaa.adminToken()}` },
    { authorization: "Basic ****" },
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...PATHS),
      form,
      fc.constantFrom(...callers),
      fc.boolean(),
      async (where, fields, caller, signedIn) => {
        const [method, path] = where.split(" ") as [string, string];
        const sent = new URLSearchParams([
          ...fields,
          ...(method === "POST" ? [["X-Uaa-Csrf", csrf] as [string, string]] : []),
        ]);
        // Signing out would end the run for the others.
        const asUser =
          signedIn && path !== "/logout.do" && !fields.some(([name]) => name === "prompt" || name === "max_age");
        const headers = { ...caller, ...(asUser ? { cookie } : {}), ...(method === "POST" ? FORM : {}) };
        const url = method === "GET" ? `${path}?${sent}` : path;
        const answer = await uaa.send(method, url, headers, method === "GET" ? undefined : sent.toString());
        assert.ok(answer.status < 500, `${where} ${sent} → ${answer.status} ${answer.text.slice(0, 200)}`);
        assert.ok(!answer.headers.getSetCookie().some((line) => line.startsWith("a=")), "a header was smuggled in");
        const location = answer.headers.get("location") ?? "";
        assert.doesNotMatch(location, /^(?:\/\/|\/\\|https?:\/\/evil|javascript:)/, `${where} ${sent}`);
      },
    ),
    { numRuns: RUNS },
  );
});

test("whatever JSON an endpoint gets, the answer is never our fault", async () => {
  await using uaa = await bootUaa();
  const token = await uaa.adminClient();
  const login = await uaa.adminClientWith("oauth.login");
  const [invite, write] = [await uaa.adminClientWith("scim.invite"), await uaa.adminToken()];
  const ends: [string, string, string][] = [
    ["POST", "/invite_users?redirect_uri=x", invite],
    ["POST", "/Codes", login],
    ["POST", "/password_change", login],
    ["POST", "/email_verifications", login],
    ["POST", "/password_resets", login],
    ["POST", "/email_changes", login],
    ["POST", "/autologin", login],
    ["PUT", "/approvals", write],
    ["PUT", "/approvals/cf", write],
    ["PATCH", "/Users/zzz/status", token],
    ["PUT", "/Users/zzz/password", write],
  ];
  const keys = fc.constantFrom(
    "emails",
    "data",
    "expiresAt",
    "code",
    "new_password",
    "userId",
    "email",
    "locked",
    "clientId",
    "scope",
    "status",
    "password",
    "oldPassword",
    "username",
  );
  const body = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.dictionary(keys, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ends), body, async ([method, path, bearer], value) => {
      const answer = await uaa.json(method, path, bearer, value);
      assert.ok(answer.status < 500, `${method} ${path} ${JSON.stringify(value)} → ${answer.status} ${answer.text}`);
    }),
    { numRuns: RUNS },
  );
});
