import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { World } from "./testing/world.ts";

let world: World;
before(async () => {
  world = await World.boot();
});
after(() => world[Symbol.asyncDispose]());

test("every blob that rows speak of is known, with its digest and whose it is", async () => {
  const { operator } = world.flow.cc;
  await operator.ping();
  const references = await operator.blobReferences();
  const owned = await operator.ownedBlobs();
  assert.ok(references.length > 0);
  for (const { bucket, key, sha256, owner } of references) {
    assert.ok(owned.has(`${bucket}/${key}`), owner);
    assert.match(sha256 ?? "", /^[0-9a-f]{64}$/, owner);
  }
  const jobs = await operator.jobs();
  assert.ok(Object.values(jobs).every((count) => typeof count === "number"));
});

test("a row whose blob is lost no longer says that it is there", async () => {
  const { operator } = world.flow.cc;
  for (const lost of await operator.blobReferences()) {
    await operator.blobIsLost(lost);
    const shown =
      lost.bucket === "buildpacks" ? `/v3/buildpacks/${lost.key.split("_")[0]}` : `/v3/${lost.bucket}/${lost.key}`;
    const { body } = await world.flow.call("GET", shown);
    assert.equal((body as { state: string }).state, lost.bucket === "buildpacks" ? "AWAITING_UPLOAD" : "EXPIRED");
  }
  assert.deepEqual(await operator.blobReferences(), []);
});
