import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openLogFile } from "./log-file.ts";

test("a full log makes room for a new one, the last lines stay, and an old log is appended to", () => {
  const folder = mkdtempSync(join(tmpdir(), "ingot-log-"));
  try {
    const path = join(folder, "main.log");
    for (let start = 0; start < 2; start++) {
      using log = openLogFile(path, 1000);
      for (let n = 0; n < 500; n++) log.write(`line ${start}-${n}\n`);
    }
    assert.deepEqual(readdirSync(folder).sort(), ["main.log", "main.log.1"]);
    const kept = readFileSync(`${path}.1`, "utf8") + readFileSync(path, "utf8");
    assert.ok(kept.length <= 2100 && kept.length >= 1000);
    assert.match(kept, /line 1-498\nline 1-499\n$/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
