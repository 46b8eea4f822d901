import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { processQuotaTexts, type QuotaScope, stagingQuotaRefusal, taskQuotaTexts } from "./quota-check.ts";

const NO_LIMITS = {
  total_memory_in_mb: -1,
  per_process_memory_in_mb: -1,
  total_instances: -1,
  per_app_tasks: -1,
  log_rate_limit_in_bytes_per_second: -1,
};

function scope(kind: QuotaScope["kind"], limits: Partial<typeof NO_LIMITS> | null, used = 0): QuotaScope {
  return {
    kind,
    name: `the ${kind}`,
    limits: limits === null ? null : { ...NO_LIMITS, ...limits },
    usage: { memoryMb: used, instances: used, logRateBytes: used, tasks: used },
  };
}

const two = { instances: 2, memoryMb: 100, logRateBytes: 10 };

test("without limits everything fits", () => {
  const scopes = [scope("space", null), scope("organization", {}, 1_000_000)];
  assert.deepEqual(processQuotaTexts({ ...two, logRateBytes: -1 }, scopes), []);
  assert.deepEqual(taskQuotaTexts({ memoryMb: 100, logRateBytes: -1 }, scopes), []);
  assert.equal(stagingQuotaRefusal({ memoryMb: 100, logRateBytes: -1 }, scopes), null);
});

test("a process may use the limit to its last megabyte and no more", () => {
  const scopes = [scope("organization", { total_memory_in_mb: 250 }, 50)];
  assert.deepEqual(processQuotaTexts(two, scopes), []);
  assert.deepEqual(processQuotaTexts({ ...two, memoryMb: 101 }, scopes), ["memory quota_exceeded"]);
});

test("the space speaks before the organization", () => {
  const limits = { total_memory_in_mb: 10, per_process_memory_in_mb: 10, total_instances: 1 };
  assert.deepEqual(processQuotaTexts(two, [scope("space", limits), scope("organization", limits)]), [
    "memory space_quota_exceeded",
    "memory quota_exceeded",
    "memory space_instance_memory_limit_exceeded",
    "memory instance_memory_limit_exceeded",
    "app_instance_limit space_app_instance_limit_exceeded",
    "app_instance_limit app_instance_limit_exceeded",
  ]);
});

test("a log rate limit forbids unlimited processes and too many bytes", () => {
  const scopes = [scope("space", { log_rate_limit_in_bytes_per_second: 15 })];
  assert.deepEqual(processQuotaTexts({ ...two, logRateBytes: -1 }, scopes), [
    "log_rate_limit cannot be unlimited in space 'the space'.",
  ]);
  assert.deepEqual(processQuotaTexts(two, scopes), ["log_rate_limit exceeds space log rate quota"]);
});

test("tasks are counted and measured", () => {
  const scopes = [scope("organization", { total_memory_in_mb: 10, per_app_tasks: 3 }, 3)];
  assert.deepEqual(taskQuotaTexts({ memoryMb: 8, logRateBytes: 0 }, scopes), [
    "memory_in_mb exceeds organization memory quota",
    "app_task_limit quota exceeded",
  ]);
});

test("staging names the first limit that it breaks", () => {
  const memory = { total_memory_in_mb: 10 };
  const rate = { log_rate_limit_in_bytes_per_second: 1 };
  const wanted = { memoryMb: 100, logRateBytes: 10 };
  assert.equal(
    stagingQuotaRefusal(wanted, [scope("space", memory), scope("organization", memory)]),
    "SpaceQuotaExceeded",
  );
  assert.equal(stagingQuotaRefusal(wanted, [scope("space", rate), scope("organization", memory)]), "OrgQuotaExceeded");
  assert.equal(
    stagingQuotaRefusal(wanted, [scope("space", null), scope("organization", rate)]),
    "OrgLogRateQuotaExceeded",
  );
});

test("property: what fits still fits when less is wanted", () => {
  const size = fc.record({
    instances: fc.integer({ min: 0, max: 20 }),
    memoryMb: fc.integer({ min: 0, max: 500 }),
    logRateBytes: fc.integer({ min: 0, max: 500 }),
  });
  const limit = fc.integer({ min: -1, max: 2000 });
  const limits = fc.record({
    total_memory_in_mb: limit,
    per_process_memory_in_mb: limit,
    total_instances: limit,
    per_app_tasks: limit,
    log_rate_limit_in_bytes_per_second: limit,
  });
  fc.assert(
    fc.property(size, limits, fc.nat(1000), (wanted, given, used) => {
      const scopes = [scope("space", given, used)];
      if (processQuotaTexts(wanted, scopes).length > 0) return;
      const less = { ...wanted, instances: Math.max(0, wanted.instances - 1) };
      assert.deepEqual(processQuotaTexts(less, scopes), []);
    }),
  );
});
