import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { systemSecrets } from "../kit/random-system.ts";
import { openSecretStore } from "./secret-store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ingot-secrets-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a secret is made once, written down at once for its owner alone, and found again", () => {
  const store = openSecretStore(folder, systemSecrets());
  const first = store.get("uaa-client-cc");
  assert.ok(first.length >= 32);
  assert.notEqual(store.get("uaa-client-nsync"), first);
  assert.equal(openSecretStore(folder, systemSecrets()).get("uaa-client-cc"), first);
  assert.deepEqual(readdirSync(folder), ["secrets.json"]);
  assert.equal(statSync(join(folder, "secrets.json")).mode & 0o777, 0o600);
});

test("a password survives command lines and double clicks", () => {
  for (let n = 0; n < 200; n++) {
    assert.match(openSecretStore(folder, systemSecrets()).password(`user-${n}`), /^[A-Za-z0-9]{20}$/);
  }
});

test("a damaged file is an error: made anew, secrets would lock everybody out", () => {
  writeFileSync(join(folder, "secrets.json"), "{");
  assert.throws(() => openSecretStore(folder, systemSecrets()), SyntaxError);
});
