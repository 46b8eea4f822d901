import type { LockRecord } from "./model.ts";

/** What is durable of Locket: who holds what. Each call resolves when the change outlives kill -9. */
export interface LockStore extends Disposable {
  load(): LockRecord[];
  put(record: LockRecord): Promise<void>;
  delete(key: string): Promise<void>;
}
