import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ActualLrp } from "../../protocol/lrp.ts";
import {
  type ActualLrpStart,
  decideClaim,
  decideCrash,
  decideFail,
  decideRemove,
  decideStart,
  decideUnclaim,
  truncateReason,
  unclaimedActualLrp,
} from "./actual-lrp-transitions.ts";
import type { BbsErrorType } from "./errors.ts";
import type { ActualLrpChange } from "./model.ts";

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
const SECOND = 1_000_000_000n;

const unclaimed = unclaimedActualLrp(KEY, "epoch", 1n);
const claimed: ActualLrp = { ...unclaimed, state: "CLAIMED", instanceKey: MINE };
const running: ActualLrp = { ...claimed, state: "RUNNING", netInfo: NET, routable: true, availabilityZone: "z1" };
const crashed: ActualLrp = { ...unclaimed, state: "CRASHED", crashCount: 3 };

const refused = (type: BbsErrorType) => (error: unknown) => (error as { type?: string }).type === type;
const only = (changes: readonly ActualLrpChange[]): ActualLrp => {
  assert.equal(changes.length, 1);
  const after = changes[0]?.after;
  assert.ok(after);
  return after;
};

test("a claim takes an unclaimed LRP, and only its own cell may repeat it", () => {
  const after = only(decideClaim([{ ...unclaimed, placementError: "no room" }], MINE, 5n));
  assert.deepEqual(
    {
      state: after.state,
      instanceKey: after.instanceKey,
      placementError: after.placementError,
      sinceNs: after.sinceNs,
    },
    { state: "CLAIMED", instanceKey: MINE, placementError: "", sinceNs: 5n },
  );
  assert.deepEqual(after.modificationTag, { epoch: "epoch", index: 1 });
  assert.deepEqual(decideClaim([claimed], MINE, 5n), []);
  assert.throws(() => decideClaim([claimed], OTHER, 5n), refused("ActualLRPCannotBeClaimed"));
  assert.throws(() => decideClaim([running], OTHER, 5n), refused("ActualLRPCannotBeClaimed"));
  assert.throws(() => decideClaim([crashed], MINE, 5n), refused("ActualLRPCannotBeClaimed"));
  assert.throws(() => decideClaim([], MINE, 5n), refused("ResourceNotFound"));
});

test("a running instance that is claimed again by its cell is claimed and has no address", () => {
  const after = only(decideClaim([running], MINE, 5n));
  assert.equal(after.state, "CLAIMED");
  assert.equal(after.netInfo, null);
});

test("a suspect is left alone by its own cell's claim and start", () => {
  const suspect: ActualLrp = { ...running, presence: "SUSPECT" };
  assert.deepEqual(decideClaim([suspect, unclaimed], MINE, 5n), []);
  assert.deepEqual(
    decideStart([suspect, unclaimed], START, () => "new", 5n),
    [],
  );
});

test("a start makes the record when it is missing", () => {
  const [change] = decideStart([], START, () => "new", 5n);
  assert.equal(change?.before, null);
  assert.equal(change?.after?.state, "RUNNING");
  assert.deepEqual(change?.after?.modificationTag, { epoch: "new", index: 0 });
  assert.equal(change?.after?.sinceNs, 5n);
});

test("a start wins over another cell's claim, but not over another running instance", () => {
  assert.equal(only(decideStart([claimed], { ...START, instanceKey: OTHER }, () => "", 5n)).instanceKey, OTHER);
  assert.throws(
    () => decideStart([running], { ...START, instanceKey: OTHER }, () => "", 5n),
    refused("ActualLRPCannotBeStarted"),
  );
});

test("a start that says nothing new changes nothing; each fact in it counts", () => {
  assert.deepEqual(
    decideStart([running], START, () => "", 5n),
    [],
  );
  const news: Partial<ActualLrpStart>[] = [
    { routable: false },
    { availabilityZone: "z2" },
    { internalRoutes: [{ hostname: "a.internal" }] },
    { metricTags: { source_id: "x" } },
    { netInfo: { ...NET, ports: [{ containerPort: 8080, hostPort: 61000 }] } },
  ];
  for (const change of news) {
    const after = only(decideStart([running], { ...START, ...change }, () => "", 5n));
    assert.equal(after.modificationTag.index, 1);
  }
});

test("a start replaces the suspect and the evacuating instance of its index", () => {
  const suspect: ActualLrp = { ...running, presence: "SUSPECT", instanceKey: OTHER };
  const evacuating: ActualLrp = {
    ...running,
    presence: "EVACUATING",
    instanceKey: { ...OTHER, instanceGuid: "third" },
  };
  const changes = decideStart([claimed, suspect, evacuating], START, () => "", 5n);
  assert.deepEqual(
    changes.filter(({ after }) => after === null).map(({ before }) => before?.presence),
    ["EVACUATING", "SUSPECT"],
  );
});

test("the first two crashes in a row restart at once, the third waits", () => {
  const crash = (lrp: ActualLrp, nowNs: bigint) => decideCrash([lrp], MINE, "exited 1", nowNs);
  const first = crash(running, SECOND);
  assert.equal(first.restart, true);
  const after = only(first.changes);
  assert.deepEqual(
    [after.state, after.crashCount, after.crashReason, after.instanceKey, after.netInfo],
    ["UNCLAIMED", 1, "exited 1", null, null],
  );
  assert.equal(crash({ ...running, crashCount: 1 }, SECOND).restart, true);
  const third = crash({ ...running, crashCount: 2 }, SECOND);
  assert.equal(third.restart, false);
  assert.equal(only(third.changes).state, "CRASHED");
});

test("a crash after more than five minutes of running counts as the first", () => {
  const old = { ...running, crashCount: 150, sinceNs: 0n };
  assert.equal(only(decideCrash([old], MINE, "", 301n * SECOND).changes).crashCount, 1);
  assert.equal(only(decideCrash([old], MINE, "", 300n * SECOND).changes).crashCount, 151);
});

test("only the instance that holds the record can crash it; a suspect that crashes is gone", () => {
  assert.throws(() => decideCrash([running], OTHER, "", 5n), refused("ActualLRPCannotBeCrashed"));
  assert.throws(() => decideCrash([unclaimed], MINE, "", 5n), refused("ActualLRPCannotBeCrashed"));
  assert.throws(() => decideCrash([], MINE, "", 5n), refused("ResourceNotFound"));
  const suspect: ActualLrp = { ...running, presence: "SUSPECT" };
  const { changes, restart } = decideCrash([suspect, unclaimed], MINE, "", 5n);
  assert.deepEqual(changes, [{ before: suspect, after: null }]);
  assert.equal(restart, false);
});

test("a placement error is noted on what is unclaimed alone", () => {
  assert.equal(only(decideFail([unclaimed], "insufficient resources", 5n)).placementError, "insufficient resources");
  assert.throws(() => decideFail([claimed], "x", 5n), refused("ActualLRPCannotBeFailed"));
  assert.deepEqual(decideFail([], "x", 5n), []);
});

test("a record is removed by whoever holds it, or by anyone who names nobody", () => {
  assert.deepEqual(decideRemove([running], MINE), [{ before: running, after: null }]);
  assert.deepEqual(decideRemove([running], null), [{ before: running, after: null }]);
  assert.throws(() => decideRemove([running], OTHER), refused("ResourceNotFound"));
  assert.throws(() => decideRemove([], null), refused("ResourceNotFound"));
});

test("what nobody holds cannot be unclaimed", () => {
  assert.equal(decideUnclaim(running, 5n).state, "UNCLAIMED");
  assert.throws(() => decideUnclaim(unclaimed, 5n), refused("ActualLRPCannotBeUnclaimed"));
});

test("long reasons are cut to 1,024 characters and say so", () => {
  assert.equal(truncateReason("x".repeat(1023)).length, 1023);
  const cut = truncateReason("x".repeat(5000));
  assert.equal(cut.length, 1024);
  assert.ok(cut.endsWith("(truncated)"));
});

test("property: whatever is asked in whatever order, a record keeps Diego's shape and its tag only grows", () => {
  const instance = fc.constantFrom(MINE, OTHER);
  const request = fc.oneof(
    instance.map((key) => ({ kind: "claim", key }) as const),
    instance.map((key) => ({ kind: "start", key }) as const),
    instance.map((key) => ({ kind: "crash", key }) as const),
    fc.constant({ kind: "fail" } as const),
  );
  fc.assert(
    fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
      let lrp = unclaimed;
      for (const [at, asked] of requests.entries()) {
        const nowNs = BigInt(at + 2) * SECOND;
        let changes: readonly ActualLrpChange[] = [];
        try {
          if (asked.kind === "claim") changes = decideClaim([lrp], asked.key, nowNs);
          else if (asked.kind === "start")
            changes = decideStart([lrp], { ...START, instanceKey: asked.key }, () => "", nowNs);
          else if (asked.kind === "crash") changes = decideCrash([lrp], asked.key, "exited", nowNs).changes;
          else changes = decideFail([lrp], "no room", nowNs);
        } catch {
          continue; // refused: nothing changed
        }
        if (changes.length === 0) continue;
        const after = only(changes);
        assert.equal(after.modificationTag.index, lrp.modificationTag.index + 1);
        const held = after.state === "CLAIMED" || after.state === "RUNNING";
        assert.equal(after.instanceKey !== null, held);
        assert.equal(after.netInfo !== null, after.state === "RUNNING");
        if (held) assert.equal(after.placementError, "");
        lrp = after;
      }
    }),
  );
});
