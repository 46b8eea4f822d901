import type { ActualLrp, DesiredLrp, Presence } from "../../protocol/lrp.ts";
import type { Task } from "../../protocol/task.ts";

/** One row to be as given, or to be gone. */
export type StoreChange =
  | { readonly kind: "put-desired"; readonly lrp: DesiredLrp }
  | { readonly kind: "delete-desired"; readonly processGuid: string }
  | { readonly kind: "put-actual"; readonly lrp: ActualLrp }
  | {
      readonly kind: "delete-actual";
      readonly processGuid: string;
      readonly index: number;
      readonly presence: Presence;
    }
  | { readonly kind: "put-task"; readonly task: Task }
  | { readonly kind: "delete-task"; readonly taskGuid: string }
  | { readonly kind: "put-domain"; readonly domain: string; readonly expiresAtMs: number }
  | { readonly kind: "delete-domain"; readonly domain: string };

/** Everything that is on disk; to be read once, before anything is written and before the store is closed. */
export interface StoredState {
  readonly desired: Iterable<DesiredLrp>;
  readonly actual: Iterable<ActualLrp>;
  readonly tasks: Iterable<Task>;
  /** Domain → end of its freshness, wall clock; `Infinity`: none. */
  readonly domains: Iterable<readonly [string, number]>;
}

/** What is durable of the BBS. Implementations hold no logic: rows in, rows out. */
export interface LrpStore extends AsyncDisposable {
  load(): Promise<StoredState>;
  /** All or nothing, in order. Resolves when the batch outlives kill -9; a rejection means that it may be lost. */
  write(batch: readonly StoreChange[]): Promise<void>;
}
