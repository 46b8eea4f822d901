import type { ActualLrp, DesiredLrp } from "../../protocol/lrp.ts";
import type { Task } from "../../protocol/task.ts";
import type { LrpStore, StoreChange } from "./store.ts";

/** What a store in memory keeps; it outlives the store, as a disk does. */
export class MemoryDisk {
  readonly desired = new Map<string, DesiredLrp>();
  readonly actual = new Map<string, ActualLrp>();
  readonly tasks = new Map<string, Task>();
  readonly domains = new Map<string, number>();

  apply(batch: readonly StoreChange[]): void {
    for (const change of batch) this.#applyOne(change);
  }

  #applyOne(change: StoreChange): void {
    switch (change.kind) {
      case "put-desired":
        this.desired.set(change.lrp.processGuid, change.lrp);
        break;
      case "delete-desired":
        this.desired.delete(change.processGuid);
        break;
      case "put-actual": {
        const { key, presence } = change.lrp;
        this.actual.set(`${key.processGuid}/${key.index}/${presence}`, change.lrp);
        break;
      }
      case "delete-actual":
        this.actual.delete(`${change.processGuid}/${change.index}/${change.presence}`);
        break;
      case "put-task":
        this.tasks.set(change.task.taskGuid, change.task);
        break;
      case "delete-task":
        this.tasks.delete(change.taskGuid);
        break;
      case "put-domain":
        this.domains.set(change.domain, change.expiresAtMs);
        break;
      case "delete-domain":
        this.domains.delete(change.domain);
        break;
    }
  }
}

/**
 * A store without a file, for tests and the simulator.
 * @param sync calls `apply` when the batch reaches the disk, or never (the process died before), and resolves when it is safe
 */
export function memoryLrpStore(
  disk: MemoryDisk,
  sync: (apply: () => void) => Promise<void> = async (apply) => apply(),
): LrpStore {
  return {
    load: async () => ({
      desired: [...disk.desired.values()],
      actual: [...disk.actual.values()],
      tasks: [...disk.tasks.values()],
      domains: [...disk.domains],
    }),
    write: (batch) => sync(() => disk.apply(batch)),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
