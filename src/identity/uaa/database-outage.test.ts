import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { postgresPrograms, startPostgresServer } from "../../kit/testing/postgres-server.ts";
import { bootUaa, newUser, password } from "./testing/boot-uaa.ts";

const SKIP = postgresPrograms() === null ? "needs PostgreSQL" : false;
const BACK_WITHIN_MS = 20_000;
const inZone = { "x-identity-zone-id": "acme" };

test("while the database is away the UAA says so, and serves again when it is back, in each zone", {
  skip: SKIP,
}, async () => {
  await using server = await startPostgresServer(true);
  await using uaa = await bootUaa(undefined, undefined, { database: { url: server.url, schema: "uaa" } });
  const admin = await uaa.adminToken();
  const zoner = await uaa.adminClientWith("zones.write");
  const manager = await uaa.adminClientWith("zones.acme.admin");
  const zone = { id: "acme", subdomain: "acme", name: "Acme" };
  assert.equal((await uaa.json("POST", "/identity-zones", zoner, zone)).status, 201);
  for (const kill of [false, true]) {
    const user = `eva-${String(kill)}`;
    assert.equal((await uaa.json("POST", "/Users", admin, newUser(user))).status, 201);
    assert.equal((await uaa.json("POST", "/Users", manager, newUser(user), inZone)).status, 201);
    await (kill ? server.kill() : server.stop());
    for (const answer of await Promise.all([
      uaa.token(password(user, "pw")),
      uaa.json("GET", "/Users", admin),
      uaa.json("POST", "/Users", admin, newUser("never")),
      uaa.json("GET", "/Users", manager, undefined, inZone),
    ])) {
      assert.deepEqual([answer.status, answer.json["error"]], [503, "temporarily_unavailable"], answer.text);
    }
    assert.equal((await uaa.send("GET", "/token_keys", {})).status, 200, "who checks tokens needs no database");
    await server.start();
    const until = performance.now() + BACK_WITHIN_MS;
    while ((await uaa.token(password(user, "pw"))).status !== 200) {
      assert.ok(performance.now() < until, "it does not find back");
      await sleep(50);
    }
    const found = await uaa.json(
      "GET",
      `/Users?filter=${encodeURIComponent(`userName eq "${user}"`)}`,
      manager,
      undefined,
      inZone,
    );
    assert.equal(found.json["totalResults"], 1);
  }
});

test("a zone that nobody has asked yet says so too", { skip: SKIP }, async () => {
  await using server = await startPostgresServer(true);
  const config = { database: { url: server.url, schema: "uaa" } };
  const zone = { id: "acme", subdomain: "acme", name: "Acme" };
  {
    await using uaa = await bootUaa(undefined, undefined, config);
    assert.equal(
      (await uaa.json("POST", "/identity-zones", await uaa.adminClientWith("zones.write"), zone)).status,
      201,
    );
  }
  await using uaa = await bootUaa(undefined, undefined, config);
  const reader = await uaa.adminClientWith("zones.read");
  assert.equal((await uaa.json("GET", "/identity-zones", reader)).status, 200); // which zones there are is remembered
  await server.stop();
  const answer = await uaa.json("GET", "/Users", reader, undefined, inZone);
  assert.deepEqual([answer.status, answer.json["error"]], [503, "temporarily_unavailable"], answer.text);
});
