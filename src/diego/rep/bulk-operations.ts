import type { ActualLrp } from "../../protocol/lrp.ts";
import type { Task } from "../../protocol/task.ts";

export type Operation =
  /** Look at the container and bring BBS and container together. */
  | { readonly kind: "container"; readonly guid: string }
  /** The BBS believes in an instance that this cell does not have. */
  | { readonly kind: "residual-lrp"; readonly guid: string; readonly lrp: ActualLrp }
  /** Likewise of one that was to serve on until it is replaced. */
  | { readonly kind: "residual-evacuating-lrp"; readonly guid: string; readonly lrp: ActualLrp }
  | { readonly kind: "residual-task"; readonly guid: string; readonly task: Task };

/**
 * What must be looked at so that this cell and the BBS agree: every container, and every record of the BBS without
 * one. Diego: rep/generator/generator.go, BatchOperations
 */
export function bulkOperations(
  cellId: string,
  containerGuids: ReadonlySet<string>,
  lrps: readonly ActualLrp[],
  tasks: readonly Task[],
): Operation[] {
  const operations: Operation[] = [...containerGuids].map((guid) => ({ kind: "container", guid }));
  for (const lrp of lrps) {
    const guid = lrp.instanceKey?.instanceGuid ?? "";
    if (guid === "" || lrp.instanceKey?.cellId !== cellId || containerGuids.has(guid)) continue;
    // A crashed instance has no container and keeps the cell that it crashed on.
    if (lrp.presence === "EVACUATING") operations.push({ kind: "residual-evacuating-lrp", guid, lrp });
    else if (lrp.state === "CLAIMED" || lrp.state === "RUNNING") operations.push({ kind: "residual-lrp", guid, lrp });
  }
  for (const task of tasks) {
    if (task.cellId !== cellId || task.state !== "RUNNING" || containerGuids.has(task.taskGuid)) continue;
    operations.push({ kind: "residual-task", guid: task.taskGuid, task });
  }
  return operations;
}
