import { BbsError } from "./errors.ts";
import type { LrpStore, StoreChange } from "./store.ts";

/** Rows in one transaction: about 5 ms of the event loop. */
const BATCH_ROWS_MAX = 800;
/** Rows that may wait for the disk; beyond it new decisions are refused, so that memory stays bounded. */
const WAITING_ROWS_MAX = 200_000;

interface Entry {
  readonly rows: readonly StoreChange[];
  readonly onDurable: () => void;
}

/**
 * Writes what was decided in memory to the store: in order, in batches. Answers and events wait for it. After a
 * failed write nothing is written any more, for memory that the disk does not know must not live on.
 */
export class Journal {
  readonly #store: LrpStore;
  readonly #onFailure: (error: Error) => void;
  #entries: Entry[] = [];
  #waitingRows = 0;
  #appended = 0;
  #durable = 0;
  #writing: Promise<void> | null = null;
  #failure: Error | null = null;
  #waiters: { readonly seq: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor(store: LrpStore, onFailure: (error: Error) => void) {
    this.#store = store;
    this.#onFailure = onFailure;
  }

  /** Throws when the store has failed or is too far behind: to be asked before anything changes in memory. */
  checkOpen(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#waitingRows >= WAITING_ROWS_MAX) throw new BbsError("Timeout", "the store is too far behind");
  }

  /** `onDurable` runs once the rows are on disk, in the order of appending. */
  append(rows: readonly StoreChange[], onDurable: () => void): void {
    this.#entries.push({ rows, onDurable });
    this.#waitingRows += rows.length;
    this.#appended++;
    // Not at once: what else is decided in this turn of the event loop shares the transaction.
    this.#writing ??= Promise.resolve().then(() => this.#run());
  }

  /** Resolves when everything appended before this call is on disk. */
  durable(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#durable >= this.#appended) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ seq: this.#appended, resolve, reject }));
  }

  async #run(): Promise<void> {
    while (this.#entries.length > 0 && this.#failure === null) {
      const batch: Entry[] = [];
      const rows: StoreChange[] = [];
      for (const entry of this.#entries) {
        if (batch.length > 0 && rows.length + entry.rows.length > BATCH_ROWS_MAX) break;
        batch.push(entry);
        for (const row of entry.rows) rows.push(row);
      }
      this.#entries.splice(0, batch.length);
      try {
        await this.#store.write(rows);
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#waitingRows -= rows.length;
      this.#durable += batch.length;
      for (const entry of batch) entry.onDurable();
      const done = this.#waiters.findIndex((waiter) => waiter.seq > this.#durable);
      for (const waiter of this.#waiters.splice(0, done === -1 ? this.#waiters.length : done)) waiter.resolve();
    }
    this.#writing = null;
  }

  #fail(cause: unknown): void {
    this.#onFailure(this.stop("the store failed", cause));
  }

  /** From now on nothing is written; what waits is refused with the error that is given back. */
  stop(why: string, cause: unknown): Error {
    this.#failure ??= new BbsError("Unrecoverable", `Unrecoverable Error: ${why}`, { cause });
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure);
    this.#entries = [];
    return this.#failure;
  }

  /** Waits for what was appended, then takes no more. */
  async close(): Promise<void> {
    await this.durable().catch(() => undefined);
    this.stop("the BBS is stopping", undefined);
  }
}
