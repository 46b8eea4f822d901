import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ADMIN_GROUPS, standardClients, UaaError } from "./index.ts";
import { type BootedUaa, bootUaa, password, secretOf, UAA_URL } from "./testing/boot-uaa.ts";

let booted: BootedUaa;
before(async () => {
  booted = await bootUaa();
});
after(() => booted[Symbol.asyncDispose]());

const status = async (name: string, word: string): Promise<number> => (await booted.token(password(name, word))).status;

test("an operator makes a user, who signs in, and finds him in the list", async () => {
  const { admin } = booted.uaa;
  const made = await admin.createUser({ userName: "ann", email: "ann@example.org", password: "first-word" });
  assert.equal(await status("ann", "first-word"), 200);
  const all = await Array.fromAsync(admin.users());
  assert.deepEqual(
    all.map(({ userName }) => userName),
    ["admin", "ann"],
  );
  assert.equal(all[1]!.id, made.id);
  await assert.rejects(admin.createUser({ userName: "Ann", email: "x@y.z", password: "pw" }), UaaError);
  await assert.rejects(admin.createUser({ userName: "b ob", email: "x@y.z", password: "pw" }), UaaError);
  await assert.rejects(admin.createUser({ userName: "bob", email: "x@y.z", password: "" }), UaaError);
});

test("a new password takes the place of the old one and ends its tokens", async () => {
  const { admin } = booted.uaa;
  await admin.createUser({ userName: "cid", email: "cid@example.org", password: "first-word" });
  const { json } = await booted.token(password("cid", "first-word"));
  await admin.setUserPassword("cid", "second-word");
  assert.equal(await status("cid", "first-word"), 401);
  assert.equal(await status("cid", "second-word"), 200);
  const refreshed = await booted.token({ grant_type: "refresh_token", refresh_token: String(json["refresh_token"]) });
  assert.equal(refreshed.status, 401);
  await assert.rejects(admin.setUserPassword("nobody", "word"), /there is no user nobody/);
});

test("who is deactivated cannot sign in until he is activated", async () => {
  const { admin } = booted.uaa;
  await admin.createUser({ userName: "dan", email: "dan@example.org", password: "first-word" });
  await admin.setUserActive("dan", false);
  assert.equal(await status("dan", "first-word"), 401);
  await admin.setUserActive("DAN", true);
  assert.equal(await status("dan", "first-word"), 200);
});

test("activating opens a lock after failed attempts", async () => {
  const { admin } = booted.uaa;
  await admin.createUser({ userName: "eve", email: "eve@example.org", password: "first-word" });
  for (let attempt = 0; attempt < 6; attempt++) await status("eve", "wrong");
  assert.equal(await status("eve", "first-word"), 401);
  await admin.setUserActive("eve", true);
  assert.equal(await status("eve", "first-word"), 200);
});

test("groups are granted and taken back, and stand in the token", async () => {
  const { admin } = booted.uaa;
  await admin.createUser({ userName: "fay", email: "fay@example.org", password: "first-word" });
  const granted = await admin.changeUserGroups("fay", { grant: [...ADMIN_GROUPS, "my.group"] });
  assert.ok(granted.groups.includes("my.group"));
  const scope = async (): Promise<string> => String((await booted.token(password("fay", "first-word"))).json["scope"]);
  assert.match(await scope(), /cloud_controller\.admin/);
  await admin.changeUserGroups("fay", { revoke: ADMIN_GROUPS });
  assert.doesNotMatch(await scope(), /cloud_controller\.admin/);
  await assert.rejects(admin.changeUserGroups("fay", { grant: ["not a name"] }), UaaError);
});

test("clients that are registered anew have their new secret, and tokens of the old one are void", async () => {
  const { admin } = booted.uaa;
  const old = await booted.adminClient();
  const clients = standardClients(UAA_URL, (id) => (id === "admin" ? `${secretOf(id)}-new` : secretOf(id)));
  await admin.registerClients(clients);
  assert.equal((await booted.json("GET", "/oauth/clients", old)).status, 401);
  const grant = { grant_type: "client_credentials" };
  assert.equal((await booted.token(grant, "admin", secretOf("admin"))).status, 401);
  assert.equal((await booted.token(grant, "admin", `${secretOf("admin")}-new`)).status, 200);
  assert.equal((await booted.token(grant, "gorouter", secretOf("gorouter"))).status, 200);
});
