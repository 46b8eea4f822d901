import assert from "node:assert/strict";
import { test } from "node:test";
import { listedBytes, UnsafeArchiveError } from "./tar-listing.ts";

test("files count in whole blocks, everything else as one", () => {
  assert.equal(listedBytes("-rw-r--r-- 2000/2000      4097 2026-01-02 03:04 ./app/index.js"), 8192);
  assert.equal(listedBytes("-rw-r--r-- 0/0             0 2026-01-02 03:04 empty"), 4096);
  assert.equal(listedBytes("drwxr-xr-x 0/0             0 2026-01-02 03:04 ./"), 4096);
  assert.equal(listedBytes("drwxr-xr-x                  Creating directory: ./a/b"), 4096);
  assert.equal(listedBytes("lrwxrwxrwx 0/0             0 2026-01-02 03:04 link -> /etc/../../passwd"), 4096);
  assert.equal(listedBytes("hrw-r--r-- 0/0             0 2026-01-02 03:04 ./b link to ./a"), 4096);
  assert.equal(listedBytes("-rw-r--r-- 0/0             1 2026-01-02 03:04 ./a name\\nwith ..things in it"), 4096);
});

test("devices, pipes and names that lead out are no layer", () => {
  for (const line of [
    "crw-r--r-- 0/0           0,0 2026-01-02 03:04 whiteout",
    "brw-r--r-- 0/0           8,0 2026-01-02 03:04 disk",
    "prw-r--r-- 0/0             0 2026-01-02 03:04 pipe",
    "-rw-r--r-- 0/0             1 2026-01-02 03:04 /etc/passwd",
    "-rw-r--r-- 0/0             1 2026-01-02 03:04 app/../../up",
    "lrwxrwxrwx 0/0             0 2026-01-02 03:04 .. -> x",
    "tar: something else",
  ]) {
    assert.throws(() => listedBytes(line), UnsafeArchiveError, line);
  }
});
