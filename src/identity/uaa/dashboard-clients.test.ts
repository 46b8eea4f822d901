import assert from "node:assert/strict";
import { test } from "node:test";
import { bootUaa, type Json } from "./testing/boot-uaa.ts";

const SIGNAL = new AbortController().signal;
const dashboard = (id: string, secret = "first") => ({ id, secret, redirectUri: "https://dash.example.com/callback" });

test("clients of dashboards sign users in and may read who may do what with an instance", async () => {
  await using uaa = await bootUaa();
  const { client } = uaa.uaa;
  const add = { add: [dashboard("dash")], update: [], remove: [] };
  assert.equal(await client.changeDashboardClients(add, SIGNAL), null);
  assert.deepEqual(await client.existingClients(["dash", "none"], SIGNAL), ["dash"]);
  const shown = (await uaa.json("GET", "/oauth/clients/dash", await uaa.adminClient())).json;
  assert.deepEqual(shown["authorized_grant_types"], ["authorization_code", "refresh_token"]);
  assert.deepEqual(shown["redirect_uri"], ["https://dash.example.com/callback"]);
  assert.deepEqual([...(shown["scope"] as string[])].sort(), ["cloud_controller_service_permissions.read", "openid"]);
  assert.deepEqual(shown["authorities"], ["uaa.resource"]);
});

test("a new secret replaces the old one, and a removed client is gone", async () => {
  await using uaa = await bootUaa();
  const { client } = uaa.uaa;
  await client.changeDashboardClients({ add: [dashboard("dash")], update: [], remove: [] }, SIGNAL);
  await client.changeDashboardClients({ add: [], update: [dashboard("dash", "second")], remove: [] }, SIGNAL);
  const code = async (secret: string): Promise<Json> =>
    (await uaa.token({ grant_type: "authorization_code", code: "none" }, "dash", secret)).json;
  assert.equal((await code("first"))["error"], "invalid_client");
  assert.notEqual((await code("second"))["error"], "invalid_client");
  assert.equal(await client.changeDashboardClients({ add: [], update: [], remove: ["dash"] }, SIGNAL), null);
  assert.deepEqual(await client.existingClients(["dash"], SIGNAL), []);
});

test("one that cannot be made keeps all others from being made, and says why", async () => {
  await using uaa = await bootUaa();
  const { client } = uaa.uaa;
  const changes = { add: [dashboard("good"), dashboard("cf")], update: [], remove: [] };
  const outcome = await client.changeDashboardClients(changes, SIGNAL);
  assert.match(outcome?.refused ?? "", /already exists/);
  assert.deepEqual(await client.existingClients(["good"], SIGNAL), []);
});
