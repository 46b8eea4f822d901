import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Sqlite } from "./sqlite.ts";

const PAGE_BYTES = 4_096;

test("what the log collects is brought into the file meanwhile, and nothing is lost", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ingot-wal-"));
  const path = join(folder, "much.sqlite");
  try {
    {
      using file = new Sqlite(path);
      file.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT");
      const insert = file.prepare("INSERT INTO t (text) VALUES (?)");
      let written = 0;
      // 20 MB of log; the file itself has something only after a checkpoint.
      while (statSync(path).size < 1_000 * PAGE_BYTES) {
        file.transaction(() => {
          for (let row = 0; row < 20; row++) insert.run("x".repeat(1_000));
        });
        written += 20;
        await file.durable();
        assert.ok(written < 400_000, "no checkpoint in 400 MB of log");
      }
      const [{ n } = { n: 0 }] = file.prepare("SELECT count(*) AS n FROM t").all();
      assert.equal(n, written);
    }
    const again = new DatabaseSync(path);
    assert.deepEqual({ ...again.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
    again.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
