import type { BbsClient } from "../../diego/bbs/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import { runSliced } from "../../kit/sliced.ts";
import type { CloudControllerSource } from "./client.ts";
import type { BridgeConfig } from "./config.ts";
import { BridgeError, bbsErrorType } from "./errors.ts";
import { eachAtMost } from "./in-order.ts";
import { APPS_DOMAIN, DOMAIN_TTL_SECONDS, STAGING_DOMAIN, TASKS_DOMAIN } from "./model.ts";
import type { ProcessSender } from "./process-sender.ts";
import { decideProcessSync, type ProcessSyncAction } from "./process-sync.ts";
import { stagingRecipe } from "./staging-recipe.ts";
import { decideStagingSync, type StagingSyncAction } from "./staging-sync.ts";
import { taskRecipe } from "./task-recipe.ts";
import { decideTaskSync, type TaskSyncAction } from "./task-sync.ts";

export interface SyncDeps {
  readonly config: BridgeConfig;
  readonly bbs: BbsClient;
  readonly source: CloudControllerSource;
  readonly sender: ProcessSender;
  readonly clock: Clock;
  readonly log: Log;
  /** Lets the event loop go on. */
  readonly pause: () => Promise<void>;
}

/** CC: processes_sync.rb has 50; here one process shares the machine with everything else. */
const AT_ONCE_MAX = 16;
const CALL_TIMEOUT_MS = 10_000;
/** CC: diego/constants.rb, BULKER_TASK_FAILURE */
const TASK_LOST = "Unable to determine completion status";

/** Until aborted: at once, then after each interval. Each kind of work syncs by itself, so that one's failure holds up no other. */
export async function runSyncLoop(deps: SyncDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const limit = deps.clock.deadline(deps.config.syncIntervalMs * 4, signal);
    for (const [name, sync] of [
      ["processes", syncProcesses],
      ["tasks", syncTasks],
      ["staging", syncStaging],
    ] as const) {
      await sync(deps, limit).catch((error) => {
        if (!signal.aborted) deps.log.warn("sync failed", { what: name, error });
      });
    }
    await deps.clock.sleep(deps.config.syncIntervalMs, signal).catch(() => undefined); // aborted: the loop ends
  }
}

/**
 * Diego may stop extra instances only while `cf-apps` is fresh, so the domain is renewed only after a whole, successful sync. A
 * reading that fails ends the sync before anything is deleted.
 */
export async function syncProcesses(deps: SyncDeps, signal: AbortSignal): Promise<void> {
  const { bbs, source, sender, clock } = deps;
  const lrps = await bbs.desiredLrpSchedulingInfos({ domain: APPS_DOMAIN }, clock.deadline(CALL_TIMEOUT_MS, signal));
  const processes = await source.processesToRun(clock.deadline(CALL_TIMEOUT_MS, signal));
  const actions = await runSliced(decideProcessSync(processes, lrps), clock, deps.pause);
  const apply = (action: ProcessSyncAction): Promise<void> => {
    const limit = clock.deadline(CALL_TIMEOUT_MS, signal);
    if (action.kind === "delete") return sender.remove(action.lrpGuid, limit);
    return sender.bringOneInLine(source, action.processGuid, action.lrpGuid, limit);
  };
  const failures = await eachAtMost(actions, AT_ONCE_MAX, apply);
  for (const { item, error } of failures) deps.log.warn("process not synced", { action: item, error });
  // A process that Diego refuses must not make all others stale.
  const serious = failures.filter(
    ({ error }) => !(error instanceof BridgeError && error.type === "RunnerInvalidRequest"),
  );
  if (serious.length > 0) return;
  await bbs.upsertDomain(APPS_DOMAIN, DOMAIN_TTL_SECONDS, clock.deadline(CALL_TIMEOUT_MS, signal));
}

export async function syncTasks(deps: SyncDeps, signal: AbortSignal): Promise<void> {
  const { bbs, source, clock } = deps;
  const tasks = await bbs.tasks({ domain: TASKS_DOMAIN }, clock.deadline(CALL_TIMEOUT_MS, signal));
  // A completed task needs no word from us: its callback is on its way.
  const diego = new Set(tasks.map((task) => task.taskGuid));
  const running = new Set(
    tasks.filter(({ state }) => state === "PENDING" || state === "RUNNING").map(({ taskGuid }) => taskGuid),
  );
  const unfinished = await source.unfinishedTasks(clock.deadline(CALL_TIMEOUT_MS, signal));
  const actions = decideTaskSync(unfinished, diego, clock.nowMs()).filter(
    ({ kind, guid }) => kind !== "cancel" || running.has(guid),
  );
  const failures = await eachAtMost(actions, AT_ONCE_MAX, (action) =>
    applyTask(deps, action, clock.deadline(CALL_TIMEOUT_MS, signal)),
  );
  for (const { item, error } of failures) deps.log.warn("task not synced", { action: item, error });
  if (failures.length > 0) return;
  await bbs.upsertDomain(TASKS_DOMAIN, DOMAIN_TTL_SECONDS, clock.deadline(CALL_TIMEOUT_MS, signal));
}

async function applyTask(deps: SyncDeps, action: TaskSyncAction, signal: AbortSignal): Promise<void> {
  const { bbs, source, config } = deps;
  switch (action.kind) {
    case "send": {
      const task = await source.taskToRun(action.guid, signal);
      if (task === null) return;
      await ignoring("ResourceExists", bbs.desireTask(task.guid, TASKS_DOMAIN, taskRecipe(task, config), signal));
      await source.taskSent(task.guid);
      return;
    }
    case "fail": {
      // Sent after the first reading? Then Diego knows it now.
      const known = await ignoring("ResourceNotFound", bbs.taskByGuid(action.guid, signal));
      if (known === undefined) await source.failTask(action.guid, TASK_LOST);
      return;
    }
    case "expire":
      return source.failTask(action.guid, "Task expired in PENDING state");
    case "cancel":
      await ignoring("ResourceNotFound", bbs.cancelTask(action.guid, signal));
  }
}

export async function syncStaging(deps: SyncDeps, signal: AbortSignal): Promise<void> {
  const { bbs, source, clock, config } = deps;
  const tasks = await bbs.tasks({ domain: STAGING_DOMAIN }, clock.deadline(CALL_TIMEOUT_MS, signal));
  const diego = new Set(tasks.map((task) => task.taskGuid));
  const running = new Set(
    tasks.filter(({ state }) => state === "PENDING" || state === "RUNNING").map(({ taskGuid }) => taskGuid),
  );
  const builds = await source.unfinishedBuilds(clock.deadline(CALL_TIMEOUT_MS, signal));
  const actions = decideStagingSync(builds, diego, config.stagingTimeoutSeconds * 1000, clock.nowMs()).filter(
    ({ kind, buildGuid }) => kind !== "cancel" || running.has(buildGuid),
  );
  const failures = await eachAtMost(actions, AT_ONCE_MAX, (action) =>
    applyStaging(deps, action, clock.deadline(CALL_TIMEOUT_MS, signal)),
  );
  for (const { item, error } of failures) deps.log.warn("build not synced", { action: item, error });
}

async function applyStaging(deps: SyncDeps, action: StagingSyncAction, signal: AbortSignal): Promise<void> {
  const { bbs, source, config } = deps;
  switch (action.kind) {
    case "stage": {
      // Read again: it may have been staged and forgotten by Diego since the first reading.
      const request = await source.buildToStage(action.buildGuid, signal);
      if (request === null) return;
      const recipe = stagingRecipe(request, config);
      await ignoring("ResourceExists", bbs.desireTask(request.buildGuid, STAGING_DOMAIN, recipe, signal));
      return;
    }
    case "expire":
      await source.failBuild(action.buildGuid, "StagingTimeExpired", "Staging time expired");
      await ignoring("ResourceNotFound", bbs.cancelTask(action.buildGuid, signal));
      return;
    case "cancel":
      await ignoring("ResourceNotFound", bbs.cancelTask(action.buildGuid, signal));
  }
}

/** The result, or undefined when the BBS failed with this type. */
async function ignoring<T>(type: string, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (bbsErrorType(error) === type) return undefined;
    throw error;
  }
}
