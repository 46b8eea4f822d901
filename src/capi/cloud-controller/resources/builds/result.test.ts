import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStagingResult } from "./result.ts";

const RESULT = {
  execution_metadata: "",
  lifecycle_type: "buildpack",
  lifecycle_metadata: { detected_buildpack: "node" },
};

test("a result of the builder needs no process types", () => {
  assert.deepEqual(parseStagingResult(JSON.stringify(RESULT)), RESULT);
  const full = {
    ...RESULT,
    process_types: { web: "run" },
    sidecars: [{ name: "s", command: "c", process_types: ["web"] }],
  };
  assert.deepEqual(parseStagingResult(JSON.stringify(full)), full);
});

test("anything else is not one", () => {
  const wrong = [{}, { ...RESULT, lifecycle_type: "docker" }, { ...RESULT, process_types: { web: 1 } }, null, []];
  for (const value of wrong) assert.equal(parseStagingResult(JSON.stringify(value)), null, JSON.stringify(value));
  for (const text of ["", "{", '{"execution_metadata":']) assert.equal(parseStagingResult(text), null, text);
});
