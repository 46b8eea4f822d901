import type { ActualLrp, DesiredLrp } from "../../protocol/lrp.ts";
import type { ActualLrpChange } from "./model.ts";

const NONE: readonly never[] = [];

/** Actual LRPs of one process: ordinary ones by index, the few of another presence apart. */
export interface ProcessInstances {
  readonly ordinary: (ActualLrp | undefined)[];
  others: readonly ActualLrp[];
  count: number;
}

/** All LRPs in memory, with the ways by which they are looked up: process, index, cell. No decisions. */
export class LrpTable {
  readonly desired = new Map<string, DesiredLrp>();
  readonly #processes = new Map<string, ProcessInstances>();
  readonly #byCell = new Map<string, Set<ActualLrp>>();
  #count = 0;

  get actualCount(): number {
    return this.#count;
  }

  /** Processes that have actual LRPs, desired or not. */
  get processes(): ReadonlyMap<string, ProcessInstances> {
    return this.#processes;
  }

  /** At most one of each presence. */
  instances(processGuid: string, index: number): readonly ActualLrp[] {
    const process = this.#processes.get(processGuid);
    if (process === undefined) return NONE;
    const ordinary = process.ordinary[index];
    if (process.others.length === 0) return ordinary === undefined ? NONE : [ordinary];
    const others = process.others.filter((lrp) => lrp.key.index === index);
    return ordinary === undefined ? others : [ordinary, ...others];
  }

  ordinary(processGuid: string, index: number): ActualLrp | null {
    return this.#processes.get(processGuid)?.ordinary[index] ?? null;
  }

  ofProcess(processGuid: string): readonly ActualLrp[] {
    const process = this.#processes.get(processGuid);
    if (process === undefined) return NONE;
    return [...process.ordinary.filter((lrp) => lrp !== undefined), ...process.others];
  }

  onCell(cellId: string): ReadonlySet<ActualLrp> {
    return this.#byCell.get(cellId) ?? new Set();
  }

  *all(): Generator<ActualLrp> {
    for (const process of this.#processes.values()) {
      for (const lrp of process.ordinary) if (lrp !== undefined) yield lrp;
      yield* process.others;
    }
  }

  /** True while `before` is what the table holds (identity): a decision made on it still stands. */
  stillHolds(lrp: ActualLrp): boolean {
    const process = this.#processes.get(lrp.key.processGuid);
    if (process === undefined) return false;
    return lrp.presence === "ORDINARY" ? process.ordinary[lrp.key.index] === lrp : process.others.includes(lrp);
  }

  apply({ before, after }: ActualLrpChange): void {
    if (before !== null) this.#remove(before);
    if (after !== null) this.#put(after);
  }

  #put(lrp: ActualLrp): void {
    let process = this.#processes.get(lrp.key.processGuid);
    if (process === undefined) {
      process = { ordinary: [], others: NONE, count: 0 };
      this.#processes.set(lrp.key.processGuid, process);
    }
    if (lrp.presence === "ORDINARY") process.ordinary[lrp.key.index] = lrp;
    else process.others = [...process.others, lrp];
    process.count++;
    this.#count++;
    const cellId = lrp.instanceKey?.cellId;
    if (cellId === undefined) return;
    let onCell = this.#byCell.get(cellId);
    if (onCell === undefined) {
      onCell = new Set();
      this.#byCell.set(cellId, onCell);
    }
    onCell.add(lrp);
  }

  #remove(lrp: ActualLrp): void {
    const process = this.#processes.get(lrp.key.processGuid);
    if (process === undefined) throw new Error(`no such actual LRP: ${lrp.key.processGuid}`);
    if (lrp.presence === "ORDINARY") {
      process.ordinary[lrp.key.index] = undefined;
      while (process.ordinary.length > 0 && process.ordinary.at(-1) === undefined) process.ordinary.pop();
    } else process.others = process.others.filter((other) => other !== lrp);
    process.count--;
    this.#count--;
    if (process.count === 0) this.#processes.delete(lrp.key.processGuid);
    const cellId = lrp.instanceKey?.cellId;
    if (cellId === undefined) return;
    const onCell = this.#byCell.get(cellId);
    onCell?.delete(lrp);
    if (onCell?.size === 0) this.#byCell.delete(cellId);
  }
}
