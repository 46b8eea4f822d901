import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lrpGuidOf, processOfLrp } from "./model.ts";
import { decideProcessSync, type ProcessSyncAction } from "./process-sync.ts";
import { decideStagingSync } from "./staging-sync.ts";
import { decideTaskSync } from "./task-sync.ts";

type Process = { guid: string; version: string; annotation: string };
type Lrp = { processGuid: string; annotation: string };

function decide(processes: readonly Process[], lrps: readonly Lrp[]): ProcessSyncAction[] {
  const work = decideProcessSync(processes, lrps);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const guid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const anyProcesses = fc.uniqueArray(
  fc.record({ guid: fc.nat(20).map(guid), version: fc.nat(2).map(guid), annotation: fc.constantFrom("1", "2") }),
  { selector: (process) => process.guid },
);
const anyLrps = fc.uniqueArray(
  fc.record({
    processGuid: fc.tuple(fc.nat(20), fc.nat(2)).map(([n, v]) => lrpGuidOf({ guid: guid(n), version: guid(v) })),
    annotation: fc.constantFrom("1", "2"),
  }),
  { selector: (lrp) => lrp.processGuid },
);

test("property: carrying out the actions makes Diego want exactly what the Cloud Controller wants", () => {
  fc.assert(
    fc.property(anyProcesses, anyLrps, (processes, lrps) => {
      const after = new Map(lrps.map((lrp) => [lrp.processGuid, lrp.annotation]));
      for (const action of decide(processes, lrps)) {
        if (action.kind === "delete") assert.ok(after.delete(action.lrpGuid));
        else {
          assert.equal(after.has(action.lrpGuid), action.kind === "update");
          after.set(action.lrpGuid, processes.find((process) => process.guid === action.processGuid)!.annotation);
        }
      }
      assert.deepEqual(after, new Map(processes.map((process) => [lrpGuidOf(process), process.annotation])));
      const settled = [...after].map(([processGuid, annotation]) => ({ processGuid, annotation }));
      assert.deepEqual(decide(processes, settled), []);
    }),
  );
});

test("an LRP guid gives process and version back", () => {
  assert.deepEqual(processOfLrp(lrpGuidOf({ guid: guid(7), version: guid(1) })), { guid: guid(7), version: guid(1) });
});

test("a pending task that was never sent is sent again, and expires after five minutes", () => {
  const task = { guid: "t", state: "PENDING", createdAtMs: 0 } as const;
  assert.deepEqual(decideTaskSync([task], new Set(), 5_000), []);
  assert.deepEqual(decideTaskSync([task], new Set(), 60_000), [{ kind: "send", guid: "t" }]);
  assert.deepEqual(decideTaskSync([task], new Set(), 300_001), [{ kind: "expire", guid: "t" }]);
});

test("a running task that Diego lost fails, one that is being cancelled or that nobody owns is cancelled", () => {
  const running = { guid: "lost", state: "RUNNING", createdAtMs: 0 } as const;
  const canceling = { guid: "going", state: "CANCELING", createdAtMs: 0 } as const;
  assert.deepEqual(decideTaskSync([running, canceling], new Set(["going", "stray"]), 1000), [
    { kind: "fail", guid: "lost" },
    { kind: "cancel", guid: "going" },
    { kind: "cancel", guid: "stray" },
  ]);
});

test("a build that a crash kept from Diego is staged, an endless one expires, a stray staging task is cancelled", () => {
  const builds = [
    { guid: "new", createdAtMs: 95_000 },
    { guid: "kept", createdAtMs: 50_000 },
    { guid: "known", createdAtMs: 50_000 },
    { guid: "endless", createdAtMs: -1_000_000 },
  ];
  assert.deepEqual(decideStagingSync(builds, new Set(["known", "endless", "stray"]), 900_000, 100_000), [
    { kind: "stage", buildGuid: "kept" },
    { kind: "expire", buildGuid: "endless" },
    { kind: "cancel", buildGuid: "stray" },
  ]);
});
