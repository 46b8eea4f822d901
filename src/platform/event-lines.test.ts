import assert from "node:assert/strict";
import { test } from "node:test";
import type { ActualLrp, DesiredLrp, LrpEvent, MetricTags } from "../protocol/lrp.ts";
import type { Task } from "../protocol/task.ts";
import { lrpEventLine, ownerOf, taskEventLine } from "./event-lines.ts";

const TAGS: MetricTags = {
  app_name: { kind: "static", value: "shop" },
  process_type: { kind: "static", value: "worker" },
};
const OWNER = ownerOf(TAGS);
const KEY = { processGuid: "p", index: 2, domain: "cf-apps" };

/** The fields that decide; the others never reach a line. */
function actual(fields: Partial<ActualLrp>): ActualLrp {
  return { key: KEY, state: "UNCLAIMED", placementError: "", ...fields } as ActualLrp;
}

function desired(instances: number): DesiredLrp {
  return { processGuid: "p", instances, metricTags: TAGS } as DesiredLrp;
}

function task(domain: string, fields: Partial<Task>): Task {
  const run = {
    kind: "run",
    path: "/launcher",
    args: [],
    env: [],
    user: "vcap",
    logSource: "APP/TASK/migrate",
  } as const;
  const action = { kind: "serial", actions: [{ kind: "timeout", action: run, timeoutMs: 1 }] } as const;
  return { taskGuid: "t", domain, state: "PENDING", definition: { metricTags: TAGS, action }, ...fields } as Task;
}

function changed(before: Partial<ActualLrp>, after: Partial<ActualLrp>): LrpEvent {
  return { kind: "actual_lrp_instance_changed", before: actual(before), after: actual(after) };
}

test("what happens to instances is said in the words of their owner", () => {
  const crashed: LrpEvent = {
    kind: "actual_lrp_crashed",
    key: KEY,
    instanceKey: { instanceGuid: "i", cellId: "c" },
    crashCount: 3,
    crashReason: "APP/PROC/WEB: Exited with status 1",
    sinceNs: 0n,
  };
  const lines: [LrpEvent, string][] = [
    [changed({ state: "CLAIMED" }, { state: "RUNNING" }), "shop: worker 2 runs"],
    [crashed, "shop: worker 2 crashed (crash 3): APP/PROC/WEB: Exited with status 1"],
    [
      changed({}, { placementError: "insufficient resources: memory" }),
      "shop: worker 2 has no place: insufficient resources: memory",
    ],
    [{ kind: "actual_lrp_instance_removed", actualLrp: actual({ state: "RUNNING" }) }, "shop: worker 2 stopped"],
    [{ kind: "desired_lrp_changed", before: desired(1), after: desired(4) }, "shop: worker scaled from 1 to 4"],
  ];
  for (const [event, line] of lines) assert.equal(lrpEventLine(event, OWNER), line);
});

test("what says nothing to a person is left out", () => {
  const silent: LrpEvent[] = [
    changed({ state: "RUNNING", routable: false }, { state: "RUNNING", routable: true }),
    changed({}, { state: "CLAIMED" }),
    { kind: "actual_lrp_instance_created", actualLrp: actual({}) },
    { kind: "actual_lrp_instance_removed", actualLrp: actual({ state: "CRASHED" }) },
    { kind: "desired_lrp_created", desiredLrp: desired(1) },
    { kind: "desired_lrp_removed", desiredLrp: desired(1) },
    { kind: "desired_lrp_changed", before: desired(1), after: desired(1) },
  ];
  for (const event of silent) assert.equal(lrpEventLine(event, OWNER), null, event.kind);
  assert.equal(taskEventLine({ kind: "task_removed", task: task("cf-tasks", {}) }), null);
});

test("stagings and tasks say how they began and ended, once", () => {
  const done = { state: "COMPLETED", failed: false, failureReason: "" } as const;
  const failed = { state: "COMPLETED", failed: true, failureReason: "exit status 223" } as const;
  const ended = (domain: string, fields: Partial<Task>) =>
    taskEventLine({ kind: "task_changed", before: task(domain, { state: "RUNNING" }), after: task(domain, fields) });
  assert.equal(taskEventLine({ kind: "task_created", task: task("cf-app-staging", {}) }), "shop: staging");
  assert.equal(ended("cf-app-staging", done), "shop: staged");
  assert.equal(ended("cf-app-staging", failed), "shop: staging failed: exit status 223");
  assert.equal(taskEventLine({ kind: "task_created", task: task("cf-tasks", {}) }), "shop: task migrate started");
  assert.equal(ended("cf-tasks", done), "shop: task migrate succeeded");
  assert.equal(ended("cf-tasks", failed), "shop: task migrate failed: exit status 223");
  const again = { before: task("cf-tasks", done), after: task("cf-tasks", { ...done, state: "RESOLVING" }) };
  assert.equal(taskEventLine({ kind: "task_changed", ...again }), null);
});

test("a reason that an app chose cannot steer the terminal or fill it", () => {
  const crashed = (crashReason: string): LrpEvent =>
    ({ kind: "actual_lrp_crashed", key: KEY, crashCount: 1, crashReason }) as LrpEvent;
  assert.equal(lrpEventLine(crashed("a\u001b[2J\nb\u202e"), OWNER), "shop: worker 2 crashed: a [2J b");
  assert.ok(lrpEventLine(crashed("x".repeat(10_000)), OWNER)!.length < 250);
});
