import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import type { Log } from "../../kit/log.ts";
import type { Subprocess } from "../../kit/subprocess.ts";
import { packageLayer } from "./package-layer.ts";

for (const isStopped of [true, false]) {
  const what = isStopped ? "a stop while it is made is told as the stop" : "a program that fails costs only the layer";
  test(`the layer of packages: ${what}`, async () => {
    const cache = await mkdtemp("/tmp/ingot-layer-");
    const stop = new AbortController();
    const warnings: string[] = [];
    // Nothing that is promised is there for `locale -a`, so there is always something to make; then nothing works.
    const subprocess: Subprocess = {
      run: async (file, _args, { signal }) => {
        if (file === "locale") return { code: 0, stdout: "", stderr: "" };
        if (isStopped) stop.abort(new Error("Garden stops"));
        signal.throwIfAborted();
        throw new Error("out of order");
      },
    };
    const log = { warn: (message: string) => void warnings.push(message) } as unknown as Log;
    const making = packageLayer(cache, { subprocess, clock: systemClock(), log, signal: stop.signal });
    if (isStopped) await assert.rejects(making, /Garden stops/);
    else assert.equal(await making, null);
    assert.equal(warnings.length, isStopped ? 0 : 1);
    const left = await readdir(join(cache, "stack-packages"));
    assert.ok(
      left.every((name) => name.endsWith(".building")),
      "nothing half-made looks made",
    );
    await rm(cache, { recursive: true, force: true });
  });
}
