import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const MODULE = join(import.meta.dirname, "crash-report.ts");

for (const [kind, code] of [
  ["uncaught exception", 'setTimeout(() => { throw new Error("the reason") }, 1)'],
  ["unhandled rejection", 'Promise.reject(new Error("the reason"))'],
] as const) {
  test(`an ${kind} ends with 70 and a report for the owner alone, without environment`, () => {
    const folder = mkdtempSync(join(tmpdir(), "ingot-crash-"));
    try {
      const script = `const { reportCrashes } = await import(${JSON.stringify(MODULE)});
        reportCrashes(${JSON.stringify(folder)}, Date.now);
        ${code}`;
      const args = ["--input-type=module", "-e", script];
      const child = spawnSync(process.execPath, args, { env: { ...process.env, DATABASE_PASSWORD: "hunter2" } });
      assert.equal(child.status, 70);
      const [name, ...more] = readdirSync(folder);
      assert.deepEqual(more, []);
      const path = join(folder, name!);
      assert.ok(child.stderr.toString().includes(`report: ${path}`));
      const text = readFileSync(path, "utf8");
      const report = JSON.parse(text) as { kind: string; error: string };
      assert.equal(report.kind, kind);
      assert.match(report.error, /^Error: the reason\n {4}at /);
      assert.ok(!text.includes("hunter2"));
      assert.equal(statSync(path).mode & 0o777, 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
