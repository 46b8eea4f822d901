import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { test } from "node:test";

const SRC = resolve(import.meta.dirname, "..", "..");

test("a worker process loads its own modules, a little of kit, and nothing else", () => {
  const loaded = new Set<string>();
  const outside = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = readFileSync(file, "utf8");
    // `import type` and `export type` are gone before the file runs.
    for (const [, from] of text.matchAll(/^(?:import|export) (?!type )[^;]*?from "([^"]+)"|^import "([^"]+)"/gm)) {
      if (from === undefined) continue;
      if (from.startsWith(".")) visit(resolve(dirname(file), from));
      else if (!from.startsWith("node:")) outside.add(from);
    }
  };
  visit(resolve(import.meta.dirname, "worker.ts"));
  assert.deepEqual([...outside], [], "no packages");
  const foreign = [...loaded]
    .map((file) => relative(SRC, file))
    .filter((file) => !file.startsWith("routing/gorouter/"));
  assert.deepEqual(foreign.sort(), [
    "kit/clock-system.ts",
    "kit/event-loop-delay.ts",
    "kit/process-identity.ts",
    "kit/random-system.ts",
  ]);
  assert.ok(loaded.size > 20, "the walk really walked");
});
