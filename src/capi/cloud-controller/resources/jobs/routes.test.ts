import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ServicesWorld } from "../../testing/services-world.ts";

let world: ServicesWorld;
before(async () => {
  world = await ServicesWorld.boot();
});
after(() => world[Symbol.asyncDispose]());

async function firstLook(location: string | null): Promise<string> {
  const { body } = await world.call("GET", new URL(location ?? "").pathname);
  return (body as { state: string }).state;
}

test("the first look at a job whose work takes milliseconds finds it done", async () => {
  for (const name of ["one", "two", "three"]) {
    const made = await world.call("POST", "/v3/organizations", { name });
    const { guid } = made.body as { guid: string };
    const answer = await world.call("DELETE", `/v3/organizations/${guid}`);
    assert.equal(await firstLook(answer.headers.get("location")), "COMPLETE");
  }
  const asked = await world.ask("quick");
  assert.equal(await firstLook(asked.headers.get("location")), "COMPLETE");
});

test("a job whose work takes long is shown as it is, soon", async () => {
  const off = world.broker.rule("PUT", /service_instances/, "hang");
  const asked = await world.ask("slow");
  const began = performance.now();
  assert.equal(await firstLook(asked.headers.get("location")), "PROCESSING");
  assert.ok(performance.now() - began < 5_000);
  off();
});
