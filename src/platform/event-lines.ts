import type { Action } from "../protocol/action.ts";
import type { LrpEvent, MetricTags } from "../protocol/lrp.ts";
import type { Task, TaskEvent } from "../protocol/task.ts";

/** Whose event it is, as its owner calls it: `hello-node`, `web`. */
export interface EventOwner {
  readonly app: string;
  readonly process: string;
}

/** CC: diego/constants.rb, STAGING_DOMAIN */
const STAGING_DOMAIN = "cf-app-staging";
const REASON_LENGTH_MAX = 200;

/** One line for the person at the terminal; null for events that say nothing to him. */
export function lrpEventLine(event: LrpEvent, owner: EventOwner): string | null {
  const instance = (index: number): string => `${owner.app}: ${owner.process} ${index}`;
  switch (event.kind) {
    case "desired_lrp_changed": {
      const { before, after } = event;
      if (before.instances === after.instances) return null;
      return `${owner.app}: ${owner.process} scaled from ${before.instances} to ${after.instances}`;
    }
    case "actual_lrp_crashed": {
      const times = event.crashCount > 1 ? ` (crash ${event.crashCount})` : "";
      return `${instance(event.key.index)} crashed${times}: ${oneLine(event.crashReason)}`;
    }
    case "actual_lrp_instance_changed": {
      const { before, after } = event;
      if (after.state === "RUNNING" && before.state !== "RUNNING") return `${instance(after.key.index)} runs`;
      if (after.placementError !== "" && before.placementError !== after.placementError) {
        return `${instance(after.key.index)} has no place: ${oneLine(after.placementError)}`;
      }
      return null;
    }
    case "actual_lrp_instance_removed":
      return event.actualLrp.state === "RUNNING" ? `${instance(event.actualLrp.key.index)} stopped` : null;
    default:
      return null;
  }
}

/** The same for stagings and tasks. */
export function taskEventLine(event: TaskEvent): string | null {
  if (event.kind === "task_removed") return null;
  const task = event.kind === "task_created" ? event.task : event.after;
  const app = ownerOf(task.definition.metricTags).app;
  const staging = task.domain === STAGING_DOMAIN;
  const what = staging ? "staging" : `task ${taskName(task)}`;
  if (event.kind === "task_created") return staging ? `${app}: ${what}` : `${app}: ${what} started`;
  if (task.state !== "COMPLETED" || event.before.state === "COMPLETED") return null;
  if (task.failed) return `${app}: ${what} failed: ${oneLine(task.failureReason)}`;
  return staging ? `${app}: staged` : `${app}: ${what} succeeded`;
}

/** Reads the tags that the Cloud Controller gives to everything of an app. */
export function ownerOf(tags: MetricTags): EventOwner {
  return { app: oneLine(tags["app_name"]?.value ?? "an app"), process: tags["process_type"]?.value ?? "process" };
}

/** The Cloud Controller names the task in its log source, `APP/TASK/NAME`. */
function taskName(task: Task): string {
  const source = logSources(task.definition.action).find((one) => one.startsWith("APP/TASK/"));
  return source?.slice("APP/TASK/".length) ?? task.taskGuid;
}

function logSources(action: Action): string[] {
  const own = action.logSource === undefined ? [] : [action.logSource];
  if ("actions" in action) return [...own, ...action.actions.flatMap(logSources)];
  return "action" in action ? [...own, ...logSources(action.action)] : own;
}

/** Names and reasons come from tenants: no control characters reach the terminal, and no novel. */
function oneLine(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return plain.length > REASON_LENGTH_MAX ? `${plain.slice(0, REASON_LENGTH_MAX)}…` : plain;
}
