import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { processIdentity } from "../kit/process-identity.ts";
import { AlreadyRunningError, lockHolder, takeInstanceLock } from "./instance-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ingot-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a folder is taken by one process, which is named to others, until it lets go", () => {
  {
    using _lock = takeInstanceLock(folder);
    assert.equal(lockHolder(folder)?.pid, process.pid);
    assert.throws(() => takeInstanceLock(folder), AlreadyRunningError);
    assert.throws(() => takeInstanceLock(folder), new RegExp(`already runs on ${folder} \\(pid ${process.pid}\\)`));
  }
  assert.equal(lockHolder(folder), null);
  assert.deepEqual(readdirSync(folder), []);
});

test("the lock of a killed process is taken over, also when its number is another's by now", () => {
  const parent = processIdentity(process.ppid)!;
  for (const stale of [
    { pid: 999_999_999, startTicks: "1" },
    { ...parent, startTicks: "1" },
  ]) {
    writeFileSync(join(folder, "ingot.lock"), JSON.stringify(stale));
    assert.equal(lockHolder(folder), null);
    using _lock = takeInstanceLock(folder);
    assert.equal(lockHolder(folder)?.pid, process.pid);
  }
});

test("half a lock file, as a full disk leaves it, holds nobody up", () => {
  writeFileSync(join(folder, "ingot.lock"), '{"pid":');
  using _lock = takeInstanceLock(folder);
  assert.equal(lockHolder(folder)?.pid, process.pid);
});
