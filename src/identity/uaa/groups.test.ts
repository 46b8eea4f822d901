import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "./testing/boot-uaa.ts";
import { UaaWorld } from "./testing/world.ts";

test("a group is seen by its id, with its members and its version; attributes cut it down", async () => {
  await using world = await UaaWorld.boot();
  const user = await world.user();
  const { id, name } = await world.group([user.id]);
  const token = await world.admin();
  const seen = await world.uaa.json("GET", `/Groups/${id}`, token);
  assert.equal(seen.headers.get("etag"), '"0"');
  const { meta, ...rest } = seen.json as { meta: Json };
  assert.deepEqual(rest, {
    id,
    displayName: name,
    zoneId: "uaa",
    members: [{ origin: "uaa", type: "USER", value: user.id }],
    schemas: ["urn:scim:schemas:core:1.0"],
  });
  assert.equal(meta["version"], 0);
  const cut = await world.uaa.json("GET", `/Groups/${id}?attributes=displayName`, token);
  assert.deepEqual(cut.json, { displayName: name });
  const member = await world.uaa.json("GET", `/Groups/${id}/members/${user.id}`, token);
  assert.deepEqual(member.json, { origin: "uaa", type: "USER", value: user.id });
  const none = await world.uaa.json("GET", `/Groups/${id}/members/nobody`, token);
  assert.deepEqual([none.status, none.json["error"]], [404, "scim_resource_not_found"]);
  assert.equal(
    (await world.uaa.json("GET", "/Groups/none", token)).json["error_description"],
    "Group none does not exist",
  );
});

test("PUT replaces name, description and members of a group, from the version that was seen", async () => {
  await using world = await UaaWorld.boot();
  const [first, second] = [await world.user(), await world.user()];
  const { id } = await world.group([first.id]);
  const token = await world.admin();
  const put = (version: string | null, body: Json) =>
    world.uaa.json("PUT", `/Groups/${id}`, token, body, version === null ? {} : { "if-match": version });
  const body = { displayName: "renamed.group", description: "what it is for", members: [{ value: second.id }] };
  assert.deepEqual([(await put(null, body)).status, (await put("x", body)).status], [400, 400]);
  const changed = await put('"0"', body);
  assert.equal(changed.status, 200, changed.text);
  assert.deepEqual(
    [changed.json["displayName"], changed.json["description"], changed.json["members"], changed.headers.get("etag")],
    ["renamed.group", "what it is for", [{ origin: "uaa", type: "USER", value: second.id }], '"1"'],
  );
  const stale = await put('"0"', body);
  assert.deepEqual([stale.status, stale.json["error"]], [409, "scim_resource_conflict"]);
});

test("the former address of external groups lists the same", async () => {
  await using world = await UaaWorld.boot();
  await world.mapping();
  const token = await world.admin();
  const [now, before] = [
    await world.uaa.json("GET", "/Groups/External", token),
    await world.uaa.json("GET", "/Groups/External/list", token),
  ];
  assert.equal(now.json["totalResults"], 1);
  assert.deepEqual(now.json, before.json);
});

test("managers of a zone are made and unmade as members of its groups here", async () => {
  await using world = await UaaWorld.boot();
  const token = await world.admin();
  const user = await world.user();
  const post = (displayName: string, members: Json[]) =>
    world.uaa.json("POST", "/Groups/zones", token, { displayName, members });
  const made = await post("zones.acme.clients.read", [{ value: user.id }]);
  assert.deepEqual([made.status, made.json["displayName"]], [201, "zones.acme.clients.read"]);
  const refused = await post("scim.write", [{ value: user.id }]);
  assert.deepEqual([refused.status, refused.json["error_description"]], [400, "Invalid group name."]);
  const empty = await post("zones.acme.admin", []);
  assert.equal(empty.json["error_description"], "Invalid group members, you have to add at least one member.");
  await post("zones.acme.admin", [{ value: user.id }]);
  const remove = (path: string) => world.uaa.json("DELETE", `/Groups/zones/${path}`, token);
  const gone = await remove(`${user.id}/acme`);
  assert.deepEqual([gone.status, gone.json["displayName"], gone.json["members"]], [200, "zones.acme.admin", []]);
  assert.equal((await remove(`${user.id}/acme`)).json["error_description"], "User is not a zone admin.");
  assert.equal((await remove(`${user.id}/acme/clients.read`)).status, 200);
  assert.equal((await remove(`${user.id}/acme/nothing`)).status, 400);
});

test("an identity provider and a zone are seen by their id", async () => {
  await using world = await UaaWorld.boot();
  const { id, origin } = await world.provider();
  const token = await world.admin();
  const provider = await world.uaa.json("GET", `/identity-providers/${id}`, token);
  assert.deepEqual(
    [provider.json["originKey"], provider.json["type"], provider.json["active"]],
    [origin, "oidc1.0", true],
  );
  assert.equal(typeof provider.json["config"], "string", "JSON in a text");
  const raw = await world.uaa.json("GET", `/identity-providers/${id}?rawConfig=true`, token);
  assert.equal((raw.json["config"] as Json)["relyingPartyId"], "us");
  assert.equal((await world.uaa.json("GET", "/identity-providers/none", token)).status, 404);
  const zone = await world.zone();
  const seen = await world.uaa.json("GET", `/identity-zones/${zone}`, token);
  assert.deepEqual([seen.json["id"], seen.json["subdomain"], seen.json["active"]], [zone, zone, true]);
  assert.equal((await world.uaa.json("GET", "/identity-zones/none", token)).status, 404);
  const reader = await world.clientToken(`zones.${zone}.read`);
  const read = await world.uaa.json("GET", `/identity-zones/${zone}`, reader, undefined, {
    "x-identity-zone-id": zone,
  });
  assert.equal(read.status, 200, read.text);
  assert.equal((read.json["config"] as Json)["tokenPolicy"], undefined, "policies are for managers");
});
