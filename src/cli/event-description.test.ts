import assert from "node:assert/strict";
import { test } from "node:test";
import { eventDescription } from "./event-description.ts";

test("a crash that is told in several lines takes one row of the table", () => {
  const data = {
    index: 0,
    exit_description: "Instance never healthy\r\n  after 1m0s:\nconnection refused\n",
    reason: "CRASHED",
  };
  assert.equal(
    eventDescription(data),
    "index: 0, reason: CRASHED, exit_description: Instance never healthy after 1m0s: connection refused",
  );
});

test("what was asked for is told instead of the rest, null and unknown keys are not", () => {
  const data = { index: 1, request: { recursive: true, memory: null, environment_json: { A: "b" }, name: "x" } };
  assert.equal(eventDescription(data), 'recursive: true, environment_json: {"A":"b"}');
});
