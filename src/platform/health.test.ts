import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../kit/clock-system.ts";
import type { CellPresence } from "../protocol/cell.ts";
import { failing } from "./health.ts";

const well = {
  cc: { ping: async () => undefined },
  uaa: { ping: async () => undefined },
  bbs: { cells: async () => [{} as CellPresence] },
  clock: systemClock(),
};

test("nothing fails where all answer; who does not is named", async () => {
  assert.deepEqual(await failing(well), []);
  const away = { ping: () => Promise.reject(new Error("connection refused")) };
  assert.deepEqual(await failing({ ...well, cc: away }), ["cloud-controller"]);
  assert.deepEqual(await failing({ ...well, cc: away, uaa: away, bbs: { cells: async () => [] } }), [
    "cloud-controller",
    "uaa",
    "cell",
  ]);
});

test("who hangs is waited for no longer than the limit", async () => {
  const late = new AbortController();
  const clock = { ...systemClock(), deadline: () => late.signal };
  const hanging = { ping: () => new Promise<undefined>(() => undefined) };
  const asked = failing({ ...well, uaa: hanging, clock });
  setImmediate(() => late.abort());
  assert.deepEqual(await asked, ["uaa"]);
});
