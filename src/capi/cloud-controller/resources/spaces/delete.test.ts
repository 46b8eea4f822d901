import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../../../../kit/database.ts";
import { CC_MIGRATIONS } from "../../store/migrations.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { related, World } from "../../testing/world.ts";

test("with a space go the labels of all that was in it, however many service instances that are", async () => {
  await using world = await World.boot();
  const { flow, things } = world;
  const space = await world.space(things["organizations"]!);
  const metadata = { labels: { team: "gone" }, annotations: { note: "gone" } };
  const domain = things["domains"]!;
  await world.make("routes", { host: world.name("host"), metadata, ...related({ space, domain }) });
  const app = await world.make("apps", { name: world.name("app"), metadata, ...related({ space }) });
  for (let made = 0; made < 45; made++) await world.binding(await world.userProvided(space, { metadata }), app);
  const managed = await world.managed(space);
  await flow.call("PATCH", `/v3/service_instances/${managed}`, { metadata });
  const answer = await flow.call("DELETE", `/v3/spaces/${space}`);
  const { state, errors } = await flow.cc.job(answer);
  assert.equal(state, "COMPLETE", JSON.stringify(errors));
  await using database = await openDatabase<CcDatabase>(flow.cc.database, CC_MIGRATIONS);
  for (const table of ["labels", "annotations"] as const) {
    assert.deepEqual(await database.db.selectFrom(table).where("value", "=", "gone").selectAll().execute(), []);
  }
  const left = database.db.selectFrom("service_instances").where("space_guid", "=", space).select("guid");
  assert.deepEqual(await left.execute(), []);
});
