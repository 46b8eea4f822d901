import type { LrpStartRequest, TaskStartRequest } from "./client.ts";
import type { LrpAuction, TaskAuction } from "./model.ts";

/** Works that may wait. What is refused beyond comes again: the BBS's convergence asks every 30 s. */
const WAITING_MAX = 200_000;

/** What waits for the next auction, each work once. Diego: auction/auctionrunner/batch.go */
export class Batch {
  #lrps = new Map<string, LrpAuction>();
  #tasks = new Map<string, TaskAuction>();
  #wake: (() => void) | null = null;

  get isEmpty(): boolean {
    return this.#lrps.size === 0 && this.#tasks.size === 0;
  }

  addRequests(requests: readonly LrpStartRequest[]): void {
    for (const { processGuid, domain, indices, ...need } of requests) {
      for (const index of indices) this.#addLrp({ ...need, key: { processGuid, index, domain }, attempts: 0 });
    }
    this.#wake?.();
  }

  addTaskRequests(requests: readonly TaskStartRequest[]): void {
    for (const request of requests) this.#addTask({ ...request, attempts: 0 });
    this.#wake?.();
  }

  /** Works that a cell refused go again. */
  addRefused(lrps: readonly LrpAuction[], tasks: readonly TaskAuction[]): void {
    for (const lrp of lrps) this.#addLrp(lrp);
    for (const task of tasks) this.#addTask(task);
    this.#wake?.();
  }

  #addLrp(auction: LrpAuction): void {
    const id = `${auction.key.processGuid}.${auction.key.index}`;
    if (this.#lrps.size < WAITING_MAX && !this.#lrps.has(id)) this.#lrps.set(id, auction);
  }

  #addTask(auction: TaskAuction): void {
    if (this.#tasks.size < WAITING_MAX && !this.#tasks.has(auction.taskGuid))
      this.#tasks.set(auction.taskGuid, auction);
  }

  drain(): { readonly lrps: LrpAuction[]; readonly tasks: TaskAuction[] } {
    const drained = { lrps: [...this.#lrps.values()], tasks: [...this.#tasks.values()] };
    this.#lrps = new Map();
    this.#tasks = new Map();
    return drained;
  }

  /** Resolves when there is work, or when `signal` is aborted. */
  async hasWork(signal: AbortSignal): Promise<void> {
    if (!this.isEmpty || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#wake = null;
  }
}
