import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActualLrp } from "../../protocol/lrp.ts";
import { unclaimedActualLrp } from "./actual-lrp-transitions.ts";
import { actualLrpEvents } from "./lrp-events.ts";

const unclaimed = unclaimedActualLrp({ processGuid: "web", index: 0, domain: "cf-apps" }, "epoch", 1n);
const instanceKey = { instanceGuid: "i", cellId: "c" };
const claimed: ActualLrp = { ...unclaimed, state: "CLAIMED", instanceKey };
const running: ActualLrp = { ...claimed, state: "RUNNING" };
const kinds = (...changes: Parameters<typeof actualLrpEvents>[0][number][]) =>
  actualLrpEvents(changes).map(({ kind }) => kind);

test("an instance that keeps its instance key has changed; one that loses it is a new one and the old is gone", () => {
  assert.deepEqual(kinds({ before: unclaimed, after: claimed }), ["actual_lrp_instance_changed"]);
  assert.deepEqual(kinds({ before: claimed, after: running }), ["actual_lrp_instance_changed"]);
  assert.deepEqual(kinds({ before: running, after: { ...running, presence: "SUSPECT" } }), [
    "actual_lrp_instance_changed",
  ]);
  assert.deepEqual(kinds({ before: unclaimed, after: { ...unclaimed, placementError: "x" } }), [
    "actual_lrp_instance_changed",
  ]);
  assert.deepEqual(kinds({ before: running, after: unclaimed }), [
    "actual_lrp_instance_created",
    "actual_lrp_instance_removed",
  ]);
});

test("a crash is told first, with the instance that crashed", () => {
  const waiting: ActualLrp = { ...unclaimed, state: "CRASHED", crashCount: 3, crashReason: "exited" };
  const events = actualLrpEvents([{ before: running, after: waiting, crashed: true }]);
  assert.deepEqual(events, [
    {
      kind: "actual_lrp_crashed",
      key: running.key,
      instanceKey,
      crashCount: 3,
      crashReason: "exited",
      sinceNs: waiting.sinceNs,
    },
    { kind: "actual_lrp_instance_changed", before: running, after: waiting },
  ]);
  assert.deepEqual(kinds({ before: running, after: { ...unclaimed, crashCount: 1 }, crashed: true }), [
    "actual_lrp_crashed",
    "actual_lrp_instance_created",
    "actual_lrp_instance_removed",
  ]);
});

test("what runs is told before what goes, so that a route is never without an instance", () => {
  const suspect: ActualLrp = { ...running, presence: "SUSPECT" };
  assert.deepEqual(kinds({ before: suspect, after: null }, { before: claimed, after: running }), [
    "actual_lrp_instance_changed",
    "actual_lrp_instance_removed",
  ]);
});
