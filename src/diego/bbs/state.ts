import type { Clock } from "../../kit/clock.ts";
import { EventHub } from "../../kit/event-hub.ts";
import type { LrpEvent } from "../../protocol/lrp.ts";
import type { Task, TaskEvent } from "../../protocol/task.ts";
import type { Journal } from "./journal.ts";
import { actualLrpEvents, desiredLrpEvent } from "./lrp-events.ts";
import { LrpTable } from "./lrp-table.ts";
import type { StateChange } from "./model.ts";
import type { StoreChange, StoredState } from "./store.ts";
import { taskEvent } from "./task-transitions.ts";

/**
 * Everything the BBS knows, in memory. A change is applied at once, so that the next decision sees it; it is answered
 * and published when the journal has it on disk.
 */
export class BbsState {
  readonly lrps = new LrpTable();
  readonly tasks = new Map<string, Task>();
  readonly lrpEvents = new EventHub<LrpEvent>();
  readonly taskEvents = new EventHub<TaskEvent>();
  readonly #domains = new Map<string, number>();
  readonly #journal: Journal;
  readonly #clock: Clock;

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** Fills the empty state from disk. */
  load(stored: StoredState): void {
    for (const lrp of stored.desired) this.lrps.desired.set(lrp.processGuid, lrp);
    for (const lrp of stored.actual) this.lrps.apply({ before: null, after: lrp });
    for (const task of stored.tasks) this.tasks.set(task.taskGuid, task);
    for (const [domain, expiresAtMs] of stored.domains) this.#domains.set(domain, expiresAtMs);
  }

  freshDomains(): Set<string> {
    const nowMs = this.#clock.nowMs();
    const fresh = new Set<string>();
    for (const [domain, expiresAtMs] of this.#domains) if (expiresAtMs > nowMs) fresh.add(domain);
    return fresh;
  }

  expiredDomains(): string[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#domains].filter(([, expiresAtMs]) => expiresAtMs <= nowMs).map(([domain]) => domain);
  }

  /** Applies at once, all or nothing; resolves when durable. The caller decided on the present state, without an await. */
  commit(change: StateChange): Promise<void> {
    const { desired = [], actual = [], tasks = [], domains = [] } = change;
    if (desired.length + actual.length + tasks.length + domains.length === 0) return this.settled();
    this.#journal.checkOpen();
    const rows: StoreChange[] = [];
    for (const { before, after } of desired) {
      const processGuid = (after ?? before)!.processGuid;
      if (after !== null) {
        this.lrps.desired.set(processGuid, after);
        rows.push({ kind: "put-desired", lrp: after });
      } else {
        this.lrps.desired.delete(processGuid);
        rows.push({ kind: "delete-desired", processGuid });
      }
    }
    for (const { before, after } of actual) {
      this.lrps.apply({ before, after });
      if (before !== null && after?.presence !== before.presence) {
        const { processGuid, index } = before.key;
        rows.push({ kind: "delete-actual", processGuid, index, presence: before.presence });
      }
      if (after !== null) rows.push({ kind: "put-actual", lrp: after });
    }
    for (const { before, after } of tasks) {
      const taskGuid = (after ?? before)!.taskGuid;
      if (after !== null) {
        this.tasks.set(taskGuid, after);
        rows.push({ kind: "put-task", task: after });
      } else {
        this.tasks.delete(taskGuid);
        rows.push({ kind: "delete-task", taskGuid });
      }
    }
    for (const { domain, expiresAtMs } of domains) {
      if (expiresAtMs !== null) {
        this.#domains.set(domain, expiresAtMs);
        rows.push({ kind: "put-domain", domain, expiresAtMs });
      } else {
        this.#domains.delete(domain);
        rows.push({ kind: "delete-domain", domain });
      }
    }
    this.#journal.append(rows, () => this.#publish(change));
    return this.settled();
  }

  #publish({ desired = [], actual = [], tasks = [] }: StateChange): void {
    for (const change of desired) {
      const event = desiredLrpEvent(change);
      if (event !== null) this.lrpEvents.publish(event);
    }
    if (actual.length > 0 && this.lrpEvents.readerCount > 0) {
      for (const event of actualLrpEvents(actual)) this.lrpEvents.publish(event);
    }
    for (const change of tasks) {
      const event = taskEvent(change);
      if (event !== null) this.taskEvents.publish(event);
    }
  }

  /** Resolves when all that memory holds now is on disk: a reader must not see what a crash could take back. */
  settled(): Promise<void> {
    return this.#journal.durable();
  }
}
