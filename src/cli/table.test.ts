import assert from "node:assert/strict";
import { test } from "node:test";
import { displayWidth, keyValueLines, tableLines } from "./table.ts";

test("columns are as wide as their widest cell and three spaces; the last one is not filled", () => {
  const rows = [
    ["name", "state", "routes"],
    ["a-long-name", "started", "a.example"],
    ["b", "stopped", ""],
  ];
  assert.deepEqual(tableLines(rows), [
    "name          state     routes",
    "a-long-name   started   a.example",
    "b             stopped   ",
  ]);
});

test("colours take no room and wide characters take two columns", () => {
  assert.equal(displayWidth("\u001b[36;1mdora\u001b[0m"), 4);
  assert.equal(displayWidth("アプリ"), 6);
  assert.equal(displayWidth("e\u0301"), 1);
  const [first, second] = tableLines([
    ["\u001b[1mab\u001b[0m", "x"],
    ["アプ", "y"],
  ]);
  assert.equal(displayWidth(first!), displayWidth(second!));
});

test("a long value wraps at words, below itself", () => {
  const lines = keyValueLines(
    [
      ["name:", "dora"],
      ["start command:", "node server.js --port 8080 --host 0.0.0.0"],
    ],
    40,
  );
  assert.deepEqual(lines, [
    "name:            dora",
    "start command:   node server.js --port",
    "                 8080 --host 0.0.0.0",
  ]);
});

test("without a terminal nothing wraps", () => {
  const value = "x ".repeat(200).trim();
  assert.deepEqual(keyValueLines([["k:", value]], Number.POSITIVE_INFINITY), [`k:   ${value}`]);
});
