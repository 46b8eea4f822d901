import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLog } from "../../kit/log.ts";
import { systemSecrets } from "../../kit/random-system.ts";
import type { SealingKeys } from "../../kit/seal.ts";
import { addSealingKey, sealingKeys } from "../sealing-keys.ts";
import { openSecretStore } from "../secret-store.ts";
import { SealRotation } from "./seal-rotation.ts";

const secrets = systemSecrets();

function rotationIn(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "ingot-rotation-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const store = openSecretStore(folder, secrets);
  sealingKeys(store);
  const stop = new AbortController();
  /** Labels that something is sealed with. */
  const inUse = new Set(["key-1"]);
  let failure: Error | null = null;
  const cc = {
    reseal: async ({ current, keys }: SealingKeys) => {
      for (const label of inUse) assert.ok(label in keys, `${label} is needed and gone`);
      inUse.add(current);
      for (let tick = 0; tick < 5; tick++) await new Promise((resolve) => setImmediate(resolve));
      for (const label of inUse) assert.ok(store.names().some((name) => name.endsWith(label)) || label === "key-1");
      if (failure !== null) throw failure;
      inUse.clear();
      inUse.add(current);
      return 7;
    },
  };
  const start = () => new SealRotation({ store, secrets, cc, log: silentLog(), signal: stop.signal });
  const fail = (error: Error | null): void => {
    failure = error;
  };
  return { store, start, fail };
}

test("changes of the key take turns: none drops a key that another still needs", async (t) => {
  const { store, start } = rotationIn(t);
  const rotation = start();
  const told = await Promise.all([rotation.finish(), rotation.rotate(), rotation.rotate(), rotation.finish()]);
  assert.equal(told[1], "7 secrets are sealed with key-2; older keys are gone");
  assert.deepEqual(Object.keys(sealingKeys(store).keys), ["key-3"]);
});

test("a change that failed keeps both keys, and the next start finishes it", async (t) => {
  const { store, start, fail } = rotationIn(t);
  fail(new Error("the database is away"));
  await assert.rejects(start().rotate(), /away/);
  assert.deepEqual(Object.keys(sealingKeys(store).keys).sort(), ["key-1", "key-2"]);
  await start().finish();
  assert.deepEqual(Object.keys(sealingKeys(store).keys).sort(), ["key-1", "key-2"]);
  fail(null);
  await start().finish();
  assert.deepEqual(sealingKeys(store).current, "key-2");
  assert.deepEqual(Object.keys(sealingKeys(store).keys), ["key-2"]);
});

test("a key that was added just before a crash is what the next start seals with", async (t) => {
  const { store, start } = rotationIn(t);
  addSealingKey(store, (byteCount) => secrets.token(byteCount));
  await start().finish();
  assert.deepEqual(Object.keys(sealingKeys(store).keys), ["key-2"]);
});
