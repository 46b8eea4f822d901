import type { Container, ContainerOwner } from "../executor/client.ts";
import { bbsErrorType } from "./bbs-error-type.ts";
import type { RepConfig } from "./config.ts";
import { BBS_CALL_MS, type ProcessorDeps } from "./lrp-processor.ts";
import { runInfoOfTask } from "./run-info.ts";

/** Longest result. Diego: rep/generator/internal/container_delegate.go, MAX_RESULT_SIZE */
const RESULT_BYTES_MAX = 50 * 1024;

/** Texts of Diego: rep/generator/internal/task_processor.go */
export const MISSING_CONTAINER = "task container does not exist";
const RUN_FAILED = "failed to run container";
const INVALID_TRANSITION = "invalid state transition";
const RESULT_FAILED = "failed to fetch result";

type TaskOwner = ContainerOwner & { readonly kind: "task" };

/** Brings the BBS and a task's container together, whatever state it is in. Diego: rep/generator/internal/task_processor.go */
export async function processTask(
  container: Container,
  owner: TaskOwner,
  config: RepConfig,
  deps: ProcessorDeps,
  signal: AbortSignal,
): Promise<void> {
  if (container.state === "completed") {
    await finish(container, owner, config, deps, signal);
    return await deps.executor.destroy(container.guid);
  }
  await start(container, owner, config, deps, signal);
}

async function start(
  container: Container,
  { taskGuid }: TaskOwner,
  config: RepConfig,
  deps: ProcessorDeps,
  signal: AbortSignal,
): Promise<void> {
  const { bbs, executor, clock } = deps;
  try {
    await bbs.startTask(taskGuid, config.cellId, clock.deadline(BBS_CALL_MS, signal));
  } catch (error) {
    const type = bbsErrorType(error);
    if (type === null) throw error;
    // Cancelled, completed or forgotten meanwhile, or another cell's.
    if (type === "InvalidStateTransition" || type === "ResourceNotFound") await executor.destroy(container.guid);
    return;
  }
  // Only a reservation is to be run, also when the BBS has the task as running here: the platform died in between. A container
  // that runs needs nothing, also when the BBS had the task as waiting: a stale rejection had put it back.
  if (container.state !== "reserved") return;
  try {
    const task = await bbs.taskByGuid(taskGuid, clock.deadline(BBS_CALL_MS, signal));
    await executor.run(container.guid, runInfoOfTask(task));
  } catch (error) {
    if (signal.aborted) return;
    deps.log.warn("task could not be run", { taskGuid, error });
    await executor.destroy(container.guid);
    await complete(taskGuid, config, { failed: true, failureReason: RUN_FAILED, result: "" }, deps, signal);
  }
}

async function finish(
  container: Container,
  { taskGuid }: TaskOwner,
  config: RepConfig,
  deps: ProcessorDeps,
  signal: AbortSignal,
): Promise<void> {
  const { failed, failureReason, retryable } = container.result;
  if (failed && retryable) {
    await deps.bbs
      .rejectTask(taskGuid, failureReason, deps.clock.deadline(BBS_CALL_MS, signal))
      .catch((error: unknown) => {
        if (bbsErrorType(error) === null) throw error;
      });
    return;
  }
  let result = "";
  const resultFile = container.run?.resultFile ?? "";
  if (resultFile !== "") {
    try {
      const limit = deps.clock.deadline(60_000, signal);
      result = await deps.executor.readFile(container.guid, resultFile, RESULT_BYTES_MAX, limit);
    } catch (error) {
      if (signal.aborted) throw error;
      if (!failed) {
        deps.log.warn("result of a task could not be read", { taskGuid, error });
        return await complete(
          taskGuid,
          config,
          { failed: true, failureReason: RESULT_FAILED, result: "" },
          deps,
          signal,
        );
      }
    }
  }
  await complete(taskGuid, config, { failed, failureReason, result }, deps, signal);
}

async function complete(
  taskGuid: string,
  config: RepConfig,
  outcome: { readonly failed: boolean; readonly failureReason: string; readonly result: string },
  deps: ProcessorDeps,
  signal: AbortSignal,
): Promise<void> {
  const tell = (told: typeof outcome): Promise<void> =>
    deps.bbs.completeTask(taskGuid, config.cellId, told, deps.clock.deadline(BBS_CALL_MS, signal));
  try {
    await tell(outcome);
  } catch (error) {
    const type = bbsErrorType(error);
    if (type === null) throw error;
    if (type === "InvalidStateTransition") {
      await tell({ failed: true, failureReason: INVALID_TRANSITION, result: "" }).catch(() => undefined);
    }
    deps.log.info("the end of a task was not taken", { taskGuid, reason: type });
  }
}
