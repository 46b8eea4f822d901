import assert from "node:assert/strict";
import { test } from "node:test";
import { Input } from "./args.ts";
import { choice, countLimit, integerArgument, logVolumeLimit, memoryLimit, positiveInteger } from "./flag-values.ts";

const given = (text: string): Input => new Input(new Map([["x", [text]]]), [text]);
const NOTHING = new Input(new Map(), []);

test("a limit of -1 is none, and a flag that is not given changes nothing", () => {
  assert.equal(countLimit(given("-1"), "x"), null);
  assert.equal(countLimit(given("0"), "x"), 0);
  assert.equal(memoryLimit(given("-1"), "x"), null);
  assert.equal(memoryLimit(given("2G"), "x"), 2048);
  assert.equal(logVolumeLimit(given("-1K"), "x"), null);
  assert.equal(logVolumeLimit(given("4K"), "x"), 4096);
  for (const limit of [countLimit, memoryLimit, logVolumeLimit]) assert.equal(limit(NOTHING, "x"), undefined);
});

test("what is no limit is refused", () => {
  for (const wrong of ["-2", "x", "1.5"]) assert.throws(() => countLimit(given(wrong), "x"), /invalid integer limit/);
  for (const wrong of ["-2M", "5", "1.5G"]) assert.throws(() => memoryLimit(given(wrong), "x"), /Byte quantity/);
  assert.throws(() => logVolumeLimit(given("10"), "x"), /Byte quantity/);
});

test("a choice is one of its words, and the message names them all", () => {
  assert.equal(choice(given("b"), "x", ["a", "b", "c"], "a"), "b");
  assert.equal(choice(NOTHING, "x", ["a", "b"], "a"), "a");
  assert.throws(
    () => choice(given("z"), "x", ["a", "b", "c"], "a"),
    /Invalid value `z' for option `--x'\. Allowed values are: a, b or c/,
  );
});

test("numbers that must be positive or whole", () => {
  assert.equal(positiveInteger(given("3"), "x"), 3);
  assert.throws(() => positiveInteger(given("0"), "x"), /greater than or equal to 1/);
  assert.throws(() => positiveInteger(given("y"), "x"), /expected int/);
  assert.equal(integerArgument(given("7"), 0, "TASK_ID"), 7);
  assert.throws(() => integerArgument(given("seven"), 0, "TASK_ID"), /Value for TASK_ID must be integer/);
});
