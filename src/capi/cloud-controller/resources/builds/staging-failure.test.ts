import assert from "node:assert/strict";
import { test } from "node:test";
import { buildFailure, stagingFailure } from "./staging-failure.ts";

test("exit codes of the builder become the errors that users know", () => {
  assert.equal(stagingFailure("STG: Exited with status 222").id, "NoAppDetectedError");
  assert.equal(stagingFailure("STG: Exited with status 223").id, "BuildpackCompileFailed");
  assert.deepEqual(buildFailure(stagingFailure("STG: Exited with status 222")), {
    error_id: "NoAppDetectedError",
    error_description: "An app was not successfully detected by any available buildpack",
  });
});

test("placement errors keep their words, everything else is told as a staging error without its text", () => {
  const placement = stagingFailure("insufficient resources: memory");
  assert.deepEqual(placement, { id: "InsufficientResources", message: "insufficient resources: memory" });
  assert.deepEqual(stagingFailure("connect ECONNREFUSED /secret/path"), {
    id: "StagingError",
    message: "staging failed",
  });
  assert.equal(buildFailure({ id: "CellCommunicationError", message: "x" }).error_id, "StagingError");
});
