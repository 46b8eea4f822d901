import type { UnfinishedTask } from "./client.ts";

export type TaskSyncAction = {
  readonly guid: string;
  /** `send` once more; `fail`: Diego lost it; `expire`: never sent; `cancel` at Diego. */
  readonly kind: "send" | "fail" | "expire" | "cancel";
};

/** Younger ones may be on their way. */
const SEND_AFTER_MS = 10_000;
/** CC: diego/tasks_sync.rb, PENDING_TASK_EXPIRATION_IN_SECONDS */
const PENDING_EXPIRES_MS = 300_000;

/**
 * What makes Diego's tasks those of the Cloud Controller. `diego` must have been read first: a task that is in neither
 * list was then sent and finished in between. CC: diego/tasks_sync.rb; new here: a PENDING task that a crash kept from
 * being sent is sent again.
 */
export function decideTaskSync(
  tasks: readonly UnfinishedTask[],
  diego: ReadonlySet<string>,
  nowMs: number,
): TaskSyncAction[] {
  const actions: TaskSyncAction[] = [];
  const ours = new Set<string>();
  for (const { guid, state, createdAtMs } of tasks) {
    ours.add(guid);
    const ageMs = nowMs - createdAtMs;
    if (state === "PENDING") {
      if (ageMs > PENDING_EXPIRES_MS) actions.push({ kind: "expire", guid });
      else if (ageMs > SEND_AFTER_MS) actions.push({ kind: "send", guid });
    } else if (!diego.has(guid)) actions.push({ kind: "fail", guid });
    else if (state === "CANCELING") actions.push({ kind: "cancel", guid });
  }
  for (const guid of diego) if (!ours.has(guid)) actions.push({ kind: "cancel", guid });
  return actions;
}
