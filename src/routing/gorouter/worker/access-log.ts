import type { LogBatch } from "../control-protocol.ts";
import { writeLogRecord } from "../log-records.ts";
import type { RouteEndpoint } from "../model.ts";
import { accessLogLine } from "./access-log-line.ts";
import type { Exchange } from "./exchange.ts";

/** Bytes in one message, so that main's event loop is not held for long: some 500 lines. */
const BLOCK_BYTES = 262_144;
/** Blocks kept while nobody fetches them; what comes then is dropped and counted. */
const BLOCKS_MAX = 32;

interface Block {
  readonly buffer: Buffer;
  used: number;
  readonly endpoints: { readonly appId: string; readonly tags: Readonly<Record<string, string>> }[];
  readonly endpointIndex: Map<RouteEndpoint, number>;
}

/**
 * The access log of apps, in memory until main takes it. Platform components and unknown routes have none. Lines are
 * written into blocks outside V8's heap at once: as strings they would survive collections and drag what they were cut from.
 */
export class AccessLog {
  #full: Block[] = [];
  #block: Block | null = null;
  #dropped = 0;
  droppedTotal = 0;

  get isEmpty(): boolean {
    return this.#block === null && this.#dropped === 0;
  }

  add(exchange: Exchange, endMs: number): void {
    const data = exchange.endpoint?.data;
    if (data === undefined || data.appId === "") return;
    const line = accessLogLine(exchange, endMs);
    const wallMs = exchange.receivedWallMs + endMs - exchange.receivedMs;
    if (!this.#write(data, wallMs, line) && !(this.#nextBlock() && this.#write(data, wallMs, line))) {
      this.#dropped++;
      this.droppedTotal++;
    }
  }

  /** False when there is no block, or none with room. */
  #write(data: RouteEndpoint, wallMs: number, line: string): boolean {
    const block = this.#block;
    if (block === null) return false;
    const next = writeLogRecord(block.buffer, block.used, indexOf(block, data), wallMs, line);
    if (next > 0) block.used = next;
    return next > 0;
  }

  /** False when as much is kept as may be. */
  #nextBlock(): boolean {
    if (this.#full.length >= BLOCKS_MAX) return false;
    if (this.#block !== null) this.#full.push(this.#block);
    this.#block = { buffer: Buffer.allocUnsafeSlow(BLOCK_BYTES), used: 0, endpoints: [], endpointIndex: new Map() };
    return true;
  }

  /** Everything so far; nothing is left. */
  *take(): Generator<{ readonly batch: LogBatch; readonly records: Buffer }> {
    const blocks = this.#block === null ? this.#full : [...this.#full, this.#block];
    let dropped = this.#dropped;
    this.#full = [];
    this.#block = null;
    this.#dropped = 0;
    for (const { buffer, used, endpoints } of blocks) {
      yield { batch: { type: "logs", endpoints, bytes: used, dropped }, records: buffer.subarray(0, used) };
      dropped = 0;
    }
    if (dropped > 0) yield { batch: { type: "logs", endpoints: [], bytes: 0, dropped }, records: Buffer.alloc(0) };
  }
}

/** Index of the endpoint in the block's list. */
function indexOf(block: Block, data: RouteEndpoint): number {
  let index = block.endpointIndex.get(data);
  if (index === undefined) {
    index = block.endpoints.length;
    block.endpointIndex.set(data, index);
    block.endpoints.push({ appId: data.appId, tags: data.tags });
  }
  return index;
}
