import type { Task, TaskCallbackResponse } from "../../protocol/task.ts";
import type { BbsContext } from "./context.ts";
import { resolvingTask } from "./task-transitions.ts";

/** Diego: bbs/taskworkpool/taskcallback.go, MAX_CB_RETRIES; the limit is the BBS's CommunicationTimeout. */
const ATTEMPTS_MAX = 3;
const ATTEMPT_MS = 10_000;
const RETRY_MS = 500;

/** 503 and 504 mean "later"; any other answer means that the receiver has the result. */
export function isReceived(status: number): boolean {
  return status !== 503 && status !== 504;
}

export function callbackBody(task: Task): string {
  // A number of 19 digits does not survive `Number`: the nanoseconds are spliced in as they are.
  const body: Omit<TaskCallbackResponse, "created_at"> = {
    task_guid: task.taskGuid,
    failed: task.failed,
    failure_reason: task.failureReason,
    result: task.result,
    annotation: task.definition.annotation,
  };
  return `${JSON.stringify(body).slice(0, -1)},"created_at":${task.createdAtNs}}`;
}

/** Hands over the result of a COMPLETED task, then forgets the task. After three attempts it stays RESOLVING for convergence. */
export async function deliverTaskCallback(ctx: BbsContext, taskGuid: string): Promise<void> {
  const { state, clock, stopping } = ctx;
  const before = state.tasks.get(taskGuid);
  if (before?.state !== "COMPLETED") return; // another worker has it
  const task = resolvingTask(before, clock.nowNs());
  await state.commit({ tasks: [{ before, after: task }] });
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const status = await post(ctx, task).catch((error: unknown) => {
      if (!stopping.aborted) ctx.log.warn("task callback failed", { taskGuid, attempt, error });
      return 503; // no answer: later
    });
    if (stopping.aborted) return;
    if (isReceived(status)) {
      // Only what was delivered is forgotten: it may have been resolved or kicked meanwhile.
      if (state.tasks.get(taskGuid) === task) await state.commit({ tasks: [{ before: task, after: null }] });
      return;
    }
    if (attempt < ATTEMPTS_MAX) await clock.sleep(RETRY_MS, stopping);
  }
}

async function post(ctx: BbsContext, task: Task): Promise<number> {
  const response = await ctx.http.request({
    method: "POST",
    url: task.definition.completionCallbackUrl,
    headers: { "content-type": "application/json" },
    body: callbackBody(task),
    signal: ctx.clock.deadline(ATTEMPT_MS, ctx.stopping),
  });
  response.body.on("error", () => undefined).destroy(); // the status says it all
  return response.status;
}
