import assert from "node:assert/strict";
import { test } from "node:test";
import { newUser } from "./testing/boot-uaa.ts";
import { CALLBACK, UaaWorld } from "./testing/world.ts";

type Listed = readonly {
  tokenId: string;
  clientId: string;
  userId: string | null;
  responseType: string;
  value: null;
}[];

test("tokens are listed by user and by client, without what they are", async () => {
  await using world = await UaaWorld.boot();
  const { id, name } = await world.user();
  const client = await world.client({ authorized_grant_types: ["password"], scope: ["uaa.user", "openid"] });
  const token = await world.userToken(name, client, "uaa.user");
  const lister = await world.clientToken("tokens.list");
  const list = async (path: string) =>
    (await world.uaa.json("GET", `/oauth/token/list/${path}`, lister)).json as unknown as Listed;
  const ofUser = await list(`user/${id}`);
  assert.deepEqual(new Set(ofUser.map(({ responseType }) => responseType)), new Set(["ACCESS_TOKEN", "REFRESH_TOKEN"]));
  for (const { clientId, userId, value } of ofUser) assert.deepEqual([clientId, userId, value], [client, id, null]);
  assert.deepEqual(await list(`client/${client}`), ofUser);
  assert.deepEqual(await list("user/nobody"), []);
  const own = (await world.uaa.json("GET", "/oauth/token/list", token)).json as unknown as Listed;
  assert.deepEqual(own, ofUser);
});

test("the tokens of a user for one client end, and those for others go on", async () => {
  await using world = await UaaWorld.boot();
  const { id, name } = await world.user();
  const grants = { authorized_grant_types: ["password"], scope: ["openid"] };
  const [first, second] = [await world.client(grants), await world.client(grants)];
  const [one, other] = [await world.userToken(name, first, "openid"), await world.userToken(name, second, "openid")];
  const revoker = await world.clientToken("tokens.revoke");
  const revoke = (path: string) => world.uaa.json("GET", `/oauth/token/revoke/${path}`, revoker);
  assert.equal((await revoke(`user/${id}/client/${first}`)).status, 200);
  const works = async (token: string) => (await world.uaa.json("GET", "/userinfo", token)).status === 200;
  assert.deepEqual([await works(one), await works(other)], [false, true]);
  const none = await revoke(`user/${id}/client/nothing`);
  assert.deepEqual(
    [none.status, none.json],
    [404, { error: "invalid_token", error_description: "Resource not found" }],
  );
  assert.equal((await revoke(`client/${second}`)).status, 200);
  assert.equal(await works(other), false);
});

test("a user takes back what he has allowed to a client, and its tokens end", async () => {
  await using world = await UaaWorld.boot();
  const { id, name } = await world.user();
  const client = await world.client({ scope: ["openid", "oauth.approvals"] });
  const browser = await world.signedIn(name);
  const query = new URLSearchParams({ client_id: client, response_type: "code", redirect_uri: CALLBACK });
  const page = await browser.get(`/oauth/authorize?${query}`);
  const ticked = { "scope.0": "scope.openid", "scope.1": "scope.oauth.approvals", user_oauth_approval: "true" };
  const code = new URL((await browser.submit(page, ticked)).headers.get("location")!).searchParams.get("code")!;
  const form = { grant_type: "authorization_code", code, redirect_uri: CALLBACK };
  const token = String((await world.uaa.token(form, client)).json["access_token"]);
  assert.equal(((await world.uaa.json("GET", "/approvals", token)).json as unknown as unknown[]).length, 2);
  const missing = await world.uaa.json("DELETE", "/approvals?clientId=nothing", token);
  assert.equal(missing.status, 404);
  const revoked = await world.uaa.json("DELETE", `/approvals?clientId=${client}`, token);
  assert.deepEqual(revoked.json, { status: "ok", message: `Approvals of user ${id} and client ${client} revoked` });
  assert.equal((await world.uaa.json("GET", "/approvals", token)).status, 401, "the token has ended with them");
});

test("a user may come with what he has allowed elsewhere", async () => {
  await using world = await UaaWorld.boot();
  const approval = { userId: "of-another-uaa", clientId: "cf", scope: "openid", status: "APPROVED" };
  const made = await world.make("POST", "/Users", { ...newUser("eva"), approvals: [approval] });
  const [kept] = made["approvals"] as [Record<string, unknown>];
  assert.deepEqual(
    [kept["userId"], kept["clientId"], kept["scope"], kept["status"]],
    [made["id"], "cf", "openid", "APPROVED"],
  );
  const bad = await world.uaa.json("POST", "/Users", await world.admin(), { ...newUser("bob"), approvals: [7] });
  assert.equal(bad.status, 400);
  assert.equal(
    (await world.uaa.json("GET", '/Users?filter=userName eq "bob"', await world.admin())).json["totalResults"],
    0,
  );
});

test("a client's registration is replaced, also where only harmless scopes may be in it", async () => {
  await using world = await UaaWorld.boot();
  const client = await world.client({ scope: ["openid"], autoapprove: ["openid"], name: "Before" });
  const put = (path: string, body: object) =>
    world.admin().then((token) => world.uaa.json("PUT", path + client, token, body));
  const changed = await put("/oauth/clients/", {
    client_id: client,
    scope: ["openid", "profile"],
    name: "After",
    access_token_validity: 60,
  });
  assert.deepEqual(
    [
      changed.status,
      changed.json["scope"],
      changed.json["name"],
      changed.json["access_token_validity"],
      changed.json["autoapprove"],
    ],
    [200, ["openid", "profile"], "After", 60, ["openid"]],
  );
  const other = await put("/oauth/clients/", { client_id: "another" });
  assert.deepEqual([other.status, other.json["error"]], [400, "invalid_client"]);
  const refused = await put("/oauth/clients/restricted/", { ...world.clientBody(client), authorities: ["uaa.admin"] });
  assert.deepEqual([refused.status, refused.json["error_description"]], [400, "uaa.admin is a restricted authority."]);
  const harmless = await put("/oauth/clients/restricted/", world.clientBody(client));
  assert.deepEqual([harmless.status, harmless.json["scope"]], [200, ["uaa.none"]]);
});
