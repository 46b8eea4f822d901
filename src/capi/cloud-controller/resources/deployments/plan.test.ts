import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canarySteps, type DeploymentView, nextDeploymentStep } from "./plan.ts";

const start: DeploymentView = {
  maxInFlight: 1,
  targetTotal: 3,
  targetNew: 3,
  deploying: { guid: "new", instances: 1 },
  others: [{ guid: "old", instances: 3 }],
  counts: { starting: 1, routable: 0, unhealthy: 0 },
};

test("while the new instance starts nothing changes; when it is ready an old one goes and the next comes", () => {
  assert.deepEqual(nextDeploymentStep(start), { deployingInstances: null, others: new Map(), finished: false });
  const ready = { ...start, counts: { starting: 0, routable: 1, unhealthy: 0 } };
  assert.deepEqual(nextDeploymentStep(ready), {
    deployingInstances: 2,
    others: new Map([["old", 2]]),
    finished: false,
  });
});

test("a failing new instance holds the deployment up and keeps the old ones", () => {
  const failing = { ...start, counts: { starting: 0, routable: 0, unhealthy: 1 } };
  assert.deepEqual(nextDeploymentStep(failing), { deployingInstances: null, others: new Map(), finished: false });
});

test("a canary pauses at the share of instances that each step names", () => {
  assert.deepEqual(canarySteps(null, 10, null), [{ canary: 1, original: 10 }]);
  assert.deepEqual(canarySteps([1, 50, 100], 10, null), [
    { canary: 1, original: 10 },
    { canary: 5, original: 6 },
    { canary: 10, original: 0 },
  ]);
});

test("property: a deployment whose instances become ready finishes, and never has fewer than wanted ready", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 }), (wanted, maxInFlight) => {
      let deploying = Math.min(maxInFlight, wanted);
      let old = wanted;
      let routable = 0;
      for (let turn = 0; turn < 100; turn++) {
        assert.ok(old + routable >= wanted, "too few ready");
        assert.ok(old + deploying <= wanted + maxInFlight, "too many at once");
        const step = nextDeploymentStep({
          maxInFlight,
          targetTotal: wanted,
          targetNew: wanted,
          deploying: { guid: "new", instances: deploying },
          others: [{ guid: "old", instances: old }],
          counts: { starting: deploying - routable, routable, unhealthy: 0 },
        });
        old = step.others.get("old") ?? old;
        deploying = step.deployingInstances ?? deploying;
        if (step.finished) return assert.equal(deploying, wanted);
        routable = deploying; // all become ready until the next look
      }
      assert.fail("never finished");
    }),
  );
});
