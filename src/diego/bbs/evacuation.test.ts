import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActualLrp } from "../../protocol/lrp.ts";
import { type ActualLrpStart, unclaimedActualLrp } from "./actual-lrp-transitions.ts";
import { evacuateClaimed, evacuateCrashed, evacuateRunning, evacuateStopped } from "./evacuation.ts";
import { actualLrpEvents } from "./lrp-events.ts";

const KEY = { processGuid: "web", index: 0, domain: "cf-apps" };
const MINE = { instanceGuid: "mine", cellId: "cell-1" };
const OTHER = { instanceGuid: "other", cellId: "cell-2" };
const NET = { address: "10.0.0.1", ports: [], instanceAddress: "10.1.0.1", preferredAddress: "HOST" } as const;
const START: ActualLrpStart = {
  key: KEY,
  instanceKey: MINE,
  netInfo: NET,
  internalRoutes: [],
  metricTags: {},
  routable: true,
  availabilityZone: "z1",
};
const unclaimed = unclaimedActualLrp(KEY, "epoch", 1n);
const running: ActualLrp = {
  ...unclaimed,
  state: "RUNNING",
  instanceKey: MINE,
  netInfo: NET,
  routable: true,
  crashCount: 1,
};
const evacuating: ActualLrp = { ...running, presence: "EVACUATING" };
const elsewhere: ActualLrp = { ...running, instanceKey: OTHER };
const evacuate = (instances: readonly ActualLrp[], isDesired = true) =>
  evacuateRunning(instances, START, isDesired, () => "new", 5n);

test("a running instance becomes evacuating, stays routed, and a new one is auctioned in its place", () => {
  const { changes, keepContainer, auction } = evacuate([running]);
  assert.deepEqual([keepContainer, auction], [true, true]);
  const [moved, made] = changes.map(({ after }) => after);
  assert.deepEqual(
    [moved?.presence, moved?.state, moved?.instanceKey, moved?.routable],
    ["EVACUATING", "RUNNING", MINE, true],
  );
  assert.deepEqual(moved?.modificationTag, { epoch: "new", index: 0 });
  assert.deepEqual([made?.presence, made?.state, made?.crashCount], ["ORDINARY", "UNCLAIMED", 1]);
  assert.deepEqual(made?.modificationTag, { epoch: "epoch", index: 1 });
  assert.deepEqual(
    actualLrpEvents(changes).map(({ kind }) => kind),
    ["actual_lrp_instance_changed", "actual_lrp_instance_created"],
  );
});

test("it is kept while its replacement is on its way, and goes when that runs or has crashed", () => {
  assert.deepEqual(evacuate([unclaimed, evacuating]), { changes: [], keepContainer: true, auction: false });
  for (const replacement of [elsewhere, { ...unclaimed, state: "CRASHED" } as const]) {
    assert.deepEqual(evacuate([replacement, evacuating]), {
      changes: [{ before: evacuating, after: null }],
      keepContainer: false,
      auction: false,
    });
  }
});

test("it goes when nobody desires it, and when the BBS does not know the index", () => {
  assert.equal(evacuate([]).keepContainer, false);
  assert.deepEqual(evacuate([evacuating]).changes, [{ before: evacuating, after: null }]);
  assert.equal(evacuate([unclaimed, evacuating], false).keepContainer, false);
});

test("an instance that the BBS has lost is kept as evacuating, unless another one is", () => {
  const { changes, keepContainer, auction } = evacuate([unclaimed]);
  assert.deepEqual(
    [changes[0]?.before, changes[0]?.after?.presence, keepContainer, auction],
    [null, "EVACUATING", true, false],
  );
  assert.equal(evacuate([unclaimed, { ...evacuating, instanceKey: OTHER }]).keepContainer, false);
});

test("a suspect that evacuates needs no further replacement", () => {
  const suspect: ActualLrp = { ...running, presence: "SUSPECT" };
  const { changes, keepContainer, auction } = evacuate([unclaimed, suspect]);
  assert.deepEqual(
    changes.map(({ before, after }) => [before?.presence, after?.presence]),
    [["SUSPECT", "EVACUATING"]],
  );
  assert.deepEqual([keepContainer, auction], [true, false]);
});

test("what is only claimed is given back for another cell", () => {
  const claimed: ActualLrp = { ...unclaimed, state: "CLAIMED", instanceKey: MINE };
  const { changes, keepContainer, auction } = evacuateClaimed([claimed], MINE, 5n);
  assert.deepEqual([changes[0]?.after?.state, keepContainer, auction], ["UNCLAIMED", false, true]);
  assert.throws(() => evacuateClaimed([claimed], OTHER, 5n), /could not be found/);
});

test("crashed and stopped instances end as ever; an evacuating one just goes", () => {
  assert.equal(evacuateCrashed([running], MINE, "exited", 5n).changes[0]?.after?.crashCount, 2);
  assert.deepEqual(evacuateStopped([running], MINE).changes, [{ before: running, after: null }]);
  const gone = [{ before: evacuating, after: null }];
  assert.deepEqual(evacuateCrashed([unclaimed, evacuating], MINE, "exited", 5n).changes, gone);
  assert.deepEqual(evacuateStopped([unclaimed, evacuating], MINE).changes, gone);
});
