import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { type Offer, offers } from "../../kit/served.ts";
import { atHost } from "./testing/at-host.ts";
import { type Answer, basic, secretOf } from "./testing/boot-uaa.ts";
import { CALLS } from "./testing/calls.ts";
import { isAllowed, readEndpoints, type UaaEndpoint } from "./testing/endpoints.ts";
import { type Call, UaaWorld } from "./testing/world.ts";

// Every endpoint is asked with every scope that any of them knows, by the user himself, and with what is no good token here: none, one
// that has expired, one of another zone, a refresh token, one of a client that is gone. What has to come out stands in testing/endpoints.tsv.

const ENDPOINTS = readEndpoints();
/** Each scope that some endpoint takes, and some that none does. */
const SCOPES = [
  ...new Set([
    ...ENDPOINTS.filter(({ who }) => who !== "client").flatMap(({ scopes }) => scopes),
    ...[
      "clients.secret",
      "clients.trust",
      "uaa.admin",
      "zones.uaa.admin",
      "zones.other.admin",
      "uaa.user",
      "uaa.resource",
      "cloud_controller.admin",
    ],
  ]),
];
const served = new Set<string>();

let world: UaaWorld;
/** By scope: a client's token, and a user's. */
const clientTokens = new Map<string, string>();
const userTokens = new Map<string, string>();
const badTokens = new Map<string, string>();

before(async () => {
  offers.subscribe((message) => {
    const { system, name } = message as Offer;
    if (system === "UAA") served.add(name);
  });
  let ahead = 0;
  const system = systemClock();
  const clock = { ...system, nowMs: () => system.nowMs() + ahead };
  world = await UaaWorld.boot({ clock });
  const holder = await world.user();
  const known = new Map<string, string>();
  const listed = (await world.make("GET", "/Groups?count=500", undefined))["resources"] as {
    id: string;
    displayName: string;
  }[];
  for (const { id, displayName } of listed) known.set(displayName, id);
  for (const scope of SCOPES) {
    clientTokens.set(scope, await world.clientToken(scope));
    const id = known.get(scope) ?? (await world.group([], scope)).id;
    await world.uaa.json("POST", `/Groups/${id}/members`, await world.admin(), { value: holder.id });
  }
  const reader = await world.client({ authorized_grant_types: ["password"], scope: SCOPES, redirect_uri: [] });
  for (const scope of SCOPES) userTokens.set(scope, await world.userToken(holder.name, reader, scope));
  const form = { grant_type: "password", username: "admin", password: "s3cret" };
  const granted = (await world.uaa.token(form)).json;
  badTokens.set("a refresh token", String(granted["refresh_token"]));
  badTokens.set("no token at all", "abc");
  const gone = await world.client({ authorized_grant_types: ["client_credentials"], authorities: ["uaa.admin"] });
  badTokens.set(
    "a token of a client that is gone",
    String((await world.uaa.token({ grant_type: "client_credentials" }, gone)).json["access_token"]),
  );
  await world.make("DELETE", `/oauth/clients/${gone}`, undefined);
  const brief = {
    authorized_grant_types: ["client_credentials"],
    authorities: ["uaa.admin"],
    access_token_validity: 1,
  };
  badTokens.set(
    "an expired token",
    String(
      (await world.uaa.token({ grant_type: "client_credentials" }, await world.client(brief))).json["access_token"],
    ),
  );
  ahead = 5_000;
  badTokens.set("a token of another zone", await tokenOfAnotherZone());
});
after(() => world[Symbol.asyncDispose]());

/** The zone's own administrator. */
async function tokenOfAnotherZone(): Promise<string> {
  const zone = await world.zone();
  const client = {
    client_id: "zoned",
    client_secret: "zoned",
    authorities: ["uaa.admin"],
    authorized_grant_types: ["client_credentials"],
  };
  const made = await world.uaa.json("POST", "/oauth/clients", await world.admin(), client, {
    "x-identity-zone-id": zone,
  });
  assert.equal(made.status, 201, made.text);
  const headers = { authorization: basic("zoned", "zoned") };
  const path = "/oauth/token?grant_type=client_credentials";
  const { json } = await atHost(world.uaa, `${zone}.uaa.cf.localhost`, "GET", path, headers);
  return String(json["access_token"]);
}

test("every route that is served has its line in the table, and every line its route", () => {
  const lines = ENDPOINTS.map(({ method, path }) => `${method} ${path}`);
  assert.equal(new Set(lines).size, lines.length, "a line twice");
  assert.deepEqual(
    [...served].filter((route) => !lines.includes(route)),
    [],
  );
  assert.deepEqual(
    lines.filter((line) => !served.has(line)),
    [],
  );
  assert.deepEqual(
    Object.keys(CALLS).filter((name) => !lines.includes(name)),
    [],
  );
});

const callOf = async ({ method, path }: UaaEndpoint): Promise<Call> =>
  (await CALLS[`${method} ${path}`]?.(world)) ?? {};
const told = ({ status, text }: Answer): string => `${status} ${text.slice(0, 200)}`;

for (const endpoint of ENDPOINTS) {
  const { method, path, status, who } = endpoint;
  const name = `${method} ${path}`;
  if (who === "open") {
    test(`${name} is open to everybody`, async () => {
      const answer = await world.send(method, path, htmlToo(await callOf(endpoint)), null);
      assert.equal(answer.status, status, told(answer));
    });
  } else if (who === "session") {
    test(`${name} is for who has signed in; others are led to the login page`, async () => {
      const call = htmlToo(await callOf(endpoint));
      const stranger = await world.send(method, path, call, null);
      assert.equal(stranger.status, 302, told(stranger));
      assert.match(stranger.headers.get("location") ?? "", /^\/login\?form_redirect_uri=/);
      const session = (await world.signedIn((await world.user()).name)).cookies.get("JSESSIONID")!;
      const cookie = { ...call, headers: { ...call.headers, cookie: `JSESSIONID=${session}` } };
      const answer = await world.send(method, path, cookie, null);
      assert.equal(answer.status, status, told(answer));
      assert.doesNotMatch(answer.headers.get("location") ?? "", /^\/login/);
    });
  } else if (who === "client") test(`${name} is for clients with their secret`, () => askClients(endpoint));
  else test(`${name} is for who the table says`, () => askTokens(endpoint));
}

function htmlToo(call: Call): Call {
  return { ...call, headers: { accept: "text/html", ...call.headers } };
}

async function askClients(endpoint: UaaEndpoint): Promise<void> {
  const { method, path, status, orToken } = endpoint;
  const [authority] = endpoint.scopes;
  const call = await callOf(endpoint);
  const isRight = async (authorities: readonly string[], secret = secretOf): Promise<Answer> => {
    const id = await world.client({ authorized_grant_types: ["client_credentials"], authorities });
    return await world.send(method, path, call, basic(id, secret(id)));
  };
  const right = await isRight([authority ?? "uaa.none"]);
  assert.equal(right.status, status, told(right));
  const wrong = await isRight([authority ?? "uaa.none"], () => "wrong");
  assert.deepEqual([wrong.status, wrong.json["error"]], [401, "invalid_client"]);
  assert.match(String(wrong.headers.get("www-authenticate")), /^Basic realm="UAA\/client"/);
  const { form: _, query: __, ...bare } = call;
  assert.equal((await world.send(method, path, bare, null)).status, 401, "nobody");
  if (authority === undefined) return;
  for (const scope of SCOPES.filter((one) => one !== authority)) {
    const other = await isRight([scope]);
    assert.deepEqual([other.status, other.json["error"]], [403, "access_denied"], scope);
  }
  if (!orToken) return;
  const token = await world.clientToken(authority);
  assert.equal((await world.send(method, path, call, `bearer ${token}`)).status, status);
  for (const [kind, bad] of badTokens) {
    const answer = await world.send(method, path, call, `bearer ${bad}`);
    assert.equal(answer.status, 401, `${kind}: ${told(answer)}`);
  }
}

async function askTokens(endpoint: UaaEndpoint): Promise<void> {
  const { method, path, status } = endpoint;
  const wrong: string[] = [];
  const refused = await callOf(endpoint);
  const ask = async (kind: string, token: string, mayDo: boolean): Promise<void> => {
    const call = mayDo ? await callOf(endpoint) : refused;
    const answer = await world.send(method, path, call, `bearer ${token}`);
    if (mayDo ? answer.status !== status : !isRefusal(answer)) wrong.push(`${kind}: ${told(answer)}`);
  };
  for (const scope of SCOPES) {
    const mayDo = isAllowed(endpoint, scope);
    await ask(`a user with ${scope}`, userTokens.get(scope)!, mayDo && !isOnlyForClients(endpoint));
    await ask(`a client with ${scope}`, clientTokens.get(scope)!, mayDo && !endpoint.user);
  }
  const stranger = await world.send(method, path, refused, null);
  if (stranger.status !== 401 || stranger.json["error"] !== "unauthorized")
    wrong.push(`without a token: ${told(stranger)}`);
  for (const [kind, token] of badTokens) {
    const answer = await world.send(method, path, refused, `bearer ${token}`);
    if (answer.status !== 401 || answer.json["error"] !== "invalid_token") wrong.push(`${kind}: ${told(answer)}`);
  }
  if (endpoint.self) {
    const answer = await askSelf(endpoint);
    if (answer.status !== status) wrong.push(`himself: ${told(answer)}`);
  }
  assert.deepEqual(wrong, []);
}

/** Known, and told that he may not. */
function isRefusal({ status, json }: Answer): boolean {
  if (status === 403) return json["error"] === "insufficient_scope" || json["error"] === "access_denied";
  // Allowed as such, but not for what is somebody else's.
  if (status === 422) return json["error"] === "invalid_password";
  return (
    status === 400 && String(json["error_description"]).endsWith("Not permitted to change another client's secret")
  );
}

/** A client may set anybody's password, a user his own alone. UAA: PasswordChangeEndpoint */
function isOnlyForClients({ method, path }: UaaEndpoint): boolean {
  return `${method} ${path}` === "PUT /Users/:id/password";
}

async function askSelf(endpoint: UaaEndpoint): Promise<Answer> {
  const { method, path } = endpoint;
  const { id, name } = await world.user();
  const client = await world.client({ authorized_grant_types: ["password"], scope: ["uaa.user"] });
  const token = await world.userToken(name, client, "uaa.user");
  const call = await callOf(endpoint);
  const { jti } = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as { jti: string };
  const own = { params: { id, userId: id, clientId: client, tokenId: jti } };
  const json =
    method === "PUT" || method === "PATCH"
      ? { userName: name, emails: [{ value: name }], name: { givenName: "G" } }
      : undefined;
  return await world.send(
    method,
    path,
    { ...call, ...own, ...(json === undefined ? {} : { json }) },
    `bearer ${token}`,
  );
}
