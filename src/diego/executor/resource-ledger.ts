import type { Resources } from "../../protocol/cell.ts";

/** What the cell has and what is left of it. Diego: executor/depot/containerstore/nodemap.go */
export class ResourceLedger {
  readonly total: Resources;
  #memoryMb: number;
  #diskMb: number;
  #containers: number;

  constructor(total: Resources) {
    this.total = total;
    this.#memoryMb = total.memoryMb;
    this.#diskMb = total.diskMb;
    this.#containers = total.containers;
  }

  get remaining(): Resources {
    return { memoryMb: this.#memoryMb, diskMb: this.#diskMb, containers: this.#containers };
  }

  /** False when it does not fit; nothing is taken then. */
  take(need: { readonly memoryMb: number; readonly diskMb: number }): boolean {
    if (this.#memoryMb < need.memoryMb || this.#diskMb < need.diskMb || this.#containers < 1) return false;
    this.force(need);
    return true;
  }

  /** For containers that exist already: they count even when the cell has become smaller than they are together. */
  force(need: { readonly memoryMb: number; readonly diskMb: number }): void {
    this.#memoryMb -= need.memoryMb;
    this.#diskMb -= need.diskMb;
    this.#containers -= 1;
  }

  giveBack(need: { readonly memoryMb: number; readonly diskMb: number }): void {
    this.#memoryMb += need.memoryMb;
    this.#diskMb += need.diskMb;
    this.#containers += 1;
  }
}
