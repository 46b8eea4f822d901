import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LockRecord } from "./model.ts";
import type { LockStore } from "./store.ts";
import { memoryLockStore } from "./store-memory.ts";
import { sqliteLockStore } from "./store-sqlite.ts";

const record = (key: string, owner: string): LockRecord => ({
  resource: { key, owner, value: `{"of":"${owner}"}`, type: key === "bbs" ? "lock" : "presence" },
  ttlSeconds: 15,
  modifiedIndex: 2,
  modifiedId: "id",
});

/** What every store must do. `open` opens the same disk again. */
function contract(name: string, withDisk: (work: (open: () => LockStore) => Promise<void>) => Promise<void>): void {
  test(`${name}: locks are read back as they were last written, and deleted ones are gone`, () =>
    withDisk(async (open) => {
      const store = open();
      await store.put(record("bbs", "one"));
      await store.put(record("bbs", "two"));
      await store.put(record("cell-1", "three"));
      await store.put(record("cell-2", "four"));
      await store.delete("cell-2");
      await store.delete("never was");
      store[Symbol.dispose]();
      const again = open();
      assert.deepEqual(again.load(), [record("bbs", "two"), record("cell-1", "three")]);
      again[Symbol.dispose]();
    }));
}

contract("memory", async (work) => {
  const disk = new Map<string, LockRecord>();
  await work(() => memoryLockStore(disk));
});

contract("SQLite", async (work) => {
  const folder = await mkdtemp(join(tmpdir(), "ingot-locket-"));
  await work(() => sqliteLockStore(join(folder, "locket.sqlite"))).finally(() => rm(folder, { recursive: true }));
});
