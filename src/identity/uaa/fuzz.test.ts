import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../kit/clock-system.ts";
import { jsonLog } from "../../kit/log.ts";
import { type Answer, basic, newUser, secretOf } from "./testing/boot-uaa.ts";
import { CALLS } from "./testing/calls.ts";
import { readEndpoints, type UaaEndpoint } from "./testing/endpoints.ts";
import { anySpoiling, type Spoiling, spoiled } from "./testing/hostile.ts";
import { type Call, PASSWORD, UaaWorld } from "./testing/world.ts";

// Hostile requests at every endpoint, by an administrator, a user, a client, a browser and nobody. Whatever they hold: never a 5xx, never a
// failure in the log, always an error document of the UAA or a page, and never a password, a secret, a hash or a stack.

const FULL = process.env["INGOT_TEST_FULL"] === "1";
const RUNS = FULL ? 8_000 : 800;
const SLOW_MS = 5_000;
const ENDPOINTS = readEndpoints();
const ASKERS = ["administrator", "administrator", "user", "client", "browser", "nobody"] as const;
type Asker = (typeof ASKERS)[number];

/** Part of every secret that no answer may show. */
const MARK = "xq7hidden";
const LEAKS = [
  MARK,
  "argon2id$",
  "sha256$",
  '"d":',
  "node_modules",
  "    at ",
  "SQLITE",
  "syntax error",
  "password_hash",
  "kysely",
];

interface Request {
  readonly endpoint: UaaEndpoint;
  readonly asker: Asker;
  readonly spoilings: readonly Spoiling[];
  readonly html: boolean;
}

const anyRequest: fc.Arbitrary<Request> = fc.record({
  endpoint: fc.constantFrom(...ENDPOINTS),
  asker: fc.constantFrom(...ASKERS),
  spoilings: fc.array(anySpoiling, { minLength: 1, maxLength: 2 }),
  html: fc.boolean(),
});

let world: UaaWorld;
const failures: string[] = [];
const authorization = new Map<Asker, string | null>();
let cookies = "";
/** Made once for each endpoint and shared: of what a request destroys the next one finds nothing, which is fine too. */
const calls = new Map<string, Call>();

before(async () => {
  world = await UaaWorld.boot({ log: jsonLog((line) => failures.push(line), systemClock(), "error") });
  const marked = await world.client({ client_secret: `${MARK}-of-a-client-0123456789` });
  assert.ok(marked !== "");
  await world.make("POST", "/Users", { ...newUser("marked"), password: `${MARK}-of-a-user` });
  const provider = world.providerBody("marked");
  const config = { ...(provider["config"] as object), relyingPartySecret: `${MARK}-of-a-provider` };
  await world.make("POST", "/identity-providers", { ...provider, config });
  const { name } = await world.user();
  authorization.set("administrator", `bearer ${await world.uaa.adminToken()}`);
  const reader = await world.client({
    authorized_grant_types: ["password"],
    scope: ["openid", "uaa.user", "oauth.approvals", "password.write"],
  });
  authorization.set("user", `bearer ${await world.userToken(name, reader, "")}`);
  authorization.set("client", basic("doppler", secretOf("doppler")));
  const browser = await world.signedIn(name);
  await browser.get("/profile");
  cookies = [...browser.cookies].map(([cookie, value]) => `${cookie}=${value}`).join("; ");
  for (const { method, path } of ENDPOINTS) {
    calls.set(`${method} ${path}`, (await CALLS[`${method} ${path}`]?.(world)) ?? {});
  }
});
after(() => world[Symbol.asyncDispose]());

test("property: a hostile request gets an answer of the UAA's own, and no secret", async () => {
  await fc.assert(fc.asyncProperty(anyRequest, askAndCheck), {
    numRuns: RUNS,
    endOnFailure: true,
    ...(FULL ? {} : { seed: 1 }),
  });
});

test("a body that is too large, or of no known kind, is refused by each endpoint", async () => {
  const large = `{"a":"${"x".repeat(1_100_000)}"}`;
  for (const { method, path } of ENDPOINTS.filter(({ method }) => method !== "GET")) {
    const headers = { "content-type": "application/json" };
    const answer = await world.send(method, path, { text: large, headers }, authorization.get("administrator")!);
    assert.ok([400, 401, 404, 413].includes(answer.status), `${method} ${path}: ${answer.status}`);
    assert.doesNotMatch(answer.text, /xxx/);
  }
});

test("nothing failed on the way, and the administrator is still there", async () => {
  assert.deepEqual(failures, []);
  assert.equal((await world.uaa.send("GET", "/healthz", {})).status, 200);
  assert.equal(PASSWORD.length, 2);
});

async function askAndCheck({ endpoint, asker, spoilings, html }: Request): Promise<void> {
  const { method, path } = endpoint;
  const base = calls.get(`${method} ${path}`)!;
  let call: Call = { ...base, headers: { ...(html ? { accept: "text/html" } : {}), ...base.headers } };
  for (const spoiling of spoilings) call = spoiled(call, spoiling);
  if (asker === "browser" && call.headers?.["cookie"] === undefined)
    call = { ...call, headers: { ...call.headers, cookie: cookies } };
  if (method === "GET") {
    const { json: _, form: __, text: ___, ...bare } = call;
    call = bare;
  }
  const startedMs = performance.now();
  const answer = await world.send(method, path, call, authorization.get(asker) ?? null).catch((error: unknown) => {
    // What no client can send is no request.
    if (error instanceof TypeError && /header|Headers/i.test(String(error.cause ?? error.message))) return null;
    throw error;
  });
  if (answer === null || answer.status === 431) return; // an address too long for HTTP itself
  const told = `${asker} ${method} ${path} ${JSON.stringify(call).slice(0, 600)} → ${answer.status} ${answer.text.slice(0, 300)}`;
  assert.ok(performance.now() - startedMs < SLOW_MS, `too slow: ${told}`);
  assert.ok(answer.status < 500, told);
  if (answer.status >= 400) checkRefusal(answer, told);
  for (const leak of LEAKS) assert.ok(!answer.text.includes(leak), `"${leak}" in ${told}`);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff", told);
  for (const cookie of answer.headers.getSetCookie()) assert.doesNotMatch(cookie, /^x=/, told);
  const location = answer.headers.get("location");
  if (location !== null) assert.doesNotMatch(location, /^(\/\/|\/\\|javascript:|https?:\/\/(evil|\[))/i, told);
}

/** An error document, a page, or (few endpoints) nothing. */
function checkRefusal({ headers, text, json }: Answer, told: string): void {
  const type = headers.get("content-type") ?? "";
  if (text === "") return;
  assert.ok(!text.includes("<script>alert"), told);
  if (type.includes("text/html")) return;
  assert.ok(type.includes("json"), told);
  if (typeof json === "string") return; // POST /identity-providers/test says it in a text
  if ("user_id" in json && !("error" in json)) return; // a user of another origin asked for a new password
  assert.match(String(json["error"]), /^[a-z_ ]+$/, told);
  const isBare = json["error"] === "authentication failed" || json["error"] === "account not verified";
  assert.ok(isBare || typeof json["error_description"] === "string", told);
}
