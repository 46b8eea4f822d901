import type { LockRecord } from "./model.ts";
import type { LockStore } from "./store.ts";

/** A store without a file, for tests and the simulator. `sync` as in the BBS's memory store. */
export function memoryLockStore(
  disk: Map<string, LockRecord>,
  sync: (apply: () => void) => Promise<void> = async (apply) => apply(),
): LockStore {
  return {
    load: () => [...disk.values()],
    put: (record) =>
      sync(() => {
        disk.set(record.resource.key, record);
      }),
    delete: (key) =>
      sync(() => {
        disk.delete(key);
      }),
    [Symbol.dispose]: () => undefined,
  };
}
