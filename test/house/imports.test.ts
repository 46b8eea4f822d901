import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brokenRule, findCycle, type Import, readImports } from "./imports.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const IMPORTS_MIN = 100;
const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  devDependencies: Record<string, string>;
};
const development = new Set(Object.keys(devDependencies));
const imports = readImports(ROOT);

test("the tree keeps the order of the folders", () => {
  assert.ok(imports.length > IMPORTS_MIN, `only ${imports.length} imports seen: the check is blind`);
  const broken = imports.flatMap((one) => {
    const rule = brokenRule(one, development);
    return rule === null ? [] : [`${one.from} → ${one.to}: ${rule}`];
  });
  assert.deepEqual(broken, []);
});

test("no imports that run code go round in a circle", () => {
  assert.equal(findCycle(imports), null);
});

test("planted violations are found", () => {
  const plain = (from: string, to: string): Import => ({ from, to, typeOnly: false });
  for (const [from, to] of [
    ["src/kit/a.ts", "src/protocol/lrp.ts"],
    ["src/protocol/a.ts", "src/diego/bbs/client.ts"],
    ["src/diego/rep/a.ts", "src/platform/config.ts"],
    ["src/diego/rep/a.ts", "src/diego/bbs/store.ts"],
    ["src/platform/a.ts", "src/commands/up.ts"],
    ["src/commands/up.ts", "src/garden/network.ts"],
    ["src/diego/rep/a.ts", "test/system/boot.ts"],
    ["src/diego/rep/a.ts", "fast-check"],
  ] as const) {
    assert.notEqual(brokenRule(plain(from, to), development), null, `${from} → ${to}`);
  }
  assert.equal(brokenRule(plain("src/diego/rep/a.ts", "src/diego/bbs/client.ts"), development), null);
  assert.deepEqual(findCycle([plain("a.ts", "b.ts"), plain("b.ts", "c.ts"), plain("c.ts", "b.ts")]), [
    "b.ts",
    "c.ts",
    "b.ts",
  ]);
});
