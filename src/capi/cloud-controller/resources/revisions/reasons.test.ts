import assert from "node:assert/strict";
import { test } from "node:test";
import { type RevisionContent, revisionReasons } from "./reasons.ts";

const before: RevisionContent = {
  dropletGuid: "d1",
  environment: { A: "1", B: "2" },
  commands: { web: null, worker: "work" },
  sidecars: [{ name: "s", command: "c", memory_in_mb: null, process_types: ["web", "worker"] }],
};

test("the same content in another order is no new revision", () => {
  const sidecars = [{ ...before.sidecars[0]!, process_types: ["worker", "web"] }];
  assert.deepEqual(revisionReasons(before, { ...before, environment: { B: "2", A: "1" }, sidecars }), []);
});

test("each change is told in the words that users know, sorted", () => {
  const after = { ...before, dropletGuid: "d2", environment: {}, commands: { web: "run", clock: null }, sidecars: [] };
  assert.deepEqual(revisionReasons(before, after), [
    "Custom start command added for 'web' process.",
    "New droplet deployed.",
    "New environment variables deployed.",
    "New process type 'clock' added.",
    "Process type 'worker' removed.",
    "Sidecars updated.",
  ]);
});
