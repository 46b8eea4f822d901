import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemSecrets } from "../kit/random-system.ts";
import { addSealingKey, dropOldSealingKeys, sealingKeys } from "./sealing-keys.ts";
import { openSecretStore } from "./secret-store.ts";

test("a key is added beside the old ones, is there after a restart, and old ones go together", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ingot-keys-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const open = () => openSecretStore(folder, systemSecrets());
  const first = sealingKeys(open());
  assert.deepEqual(Object.keys(first.keys), ["key-1"]);
  assert.deepEqual(sealingKeys(open()), first);
  const second = addSealingKey(open(), (byteCount) => systemSecrets().token(byteCount));
  assert.equal(second.current, "key-2");
  assert.equal(second.keys["key-1"], first.keys["key-1"]);
  assert.deepEqual(sealingKeys(open()), second);
  addSealingKey(open(), () => "third");
  dropOldSealingKeys(open());
  assert.deepEqual(sealingKeys(open()), { current: "key-3", keys: { "key-3": "third" } });
  // A number is never given twice as long as its key is there.
  assert.equal(addSealingKey(open(), () => "fourth").current, "key-4");
});
