import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  becomeCreated,
  becomeRunning,
  complete,
  initialize,
  markStopped,
  mayBecome,
  reserve,
} from "./container-state.ts";
import { ExecutorError } from "./errors.ts";
import type { Container } from "./model.ts";
import { ResourceLedger } from "./resource-ledger.ts";
import { lrpRequest, runInfo } from "./testing/executor-bench.ts";

const facts = { externalIp: "a", internalIp: "b", ports: [], memoryLimitBytes: 1, diskLimitBytes: 2, layer: null };
const moves: Readonly<Record<string, (container: Container) => Container>> = {
  initializing: (container) => initialize(container, runInfo()),
  created: (container) => becomeCreated(container, facts),
  running: (container) => becomeRunning(container, true),
  completed: (container) => complete(container, { failed: true, failureReason: "x", retryable: false }),
};

test("a container goes its way in order, and may complete at any time", () => {
  let container = reserve(lrpRequest("i-1"), 5);
  for (const state of ["initializing", "created", "running", "completed"]) {
    container = moves[state]!(container);
    assert.equal(container.state, state);
  }
  assert.equal(container.routable, false);
});

test("property: no move skips a state; a refused one changes nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.keys(moves)), { maxLength: 8 }), (wanted) => {
      let container = reserve(lrpRequest("i-1"), 0);
      for (const state of wanted) {
        const allowed = mayBecome(container.state, state as Container["state"]);
        if (allowed) container = moves[state]!(container);
        else assert.throws(() => moves[state]!(container), ExecutorError);
      }
    }),
  );
});

test("whoever asked for the end is remembered; a long reason is cut", () => {
  const stopped = markStopped(reserve(lrpRequest("i-1"), 0));
  const { result } = complete(stopped, { failed: true, failureReason: "x".repeat(20_000), retryable: true });
  assert.deepEqual([result.stopped, result.retryable, result.failureReason.length], [true, true, 10_000]);
});

test("property: what is taken and given back leaves everything; nothing is ever overdrawn", () => {
  const need = fc.record({ memoryMb: fc.nat(300), diskMb: fc.nat(300) });
  fc.assert(
    fc.property(fc.array(need), (needs) => {
      const total = { memoryMb: 1000, diskMb: 1000, containers: 5 };
      const ledger = new ResourceLedger(total);
      const taken = needs.filter((one) => ledger.take(one));
      const { memoryMb, diskMb, containers } = ledger.remaining;
      assert.ok(memoryMb >= 0 && diskMb >= 0 && containers >= 0);
      for (const one of taken) ledger.giveBack(one);
      assert.deepEqual(ledger.remaining, total);
    }),
  );
});
