import type { RouteChange, RouteGroup } from "./model.ts";

/**
 * What main and a worker say to each other over the worker's unix socket: one JSON value a line. The worker listens, main
 * connects. A worker outlives main and keeps serving with its last table; the next main asks it for that table, so that
 * nothing is forgotten, and goes on with numbered changes. Raise the number when either side would misunderstand.
 */
export const CONTROL_PROTOCOL = 1;

/** Longer lines are a fault of the other side. */
export const LINE_MAX = 16 * 1_048_576;
/** Endpoints in one part of a snapshot, so that neither side holds its event loop for long. */
export const GROUPS_PER_PART = 250;

export interface ListenerStatus {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface ListenFailure {
  readonly host: string;
  readonly port: number;
  /** e.g. EADDRINUSE, EACCES, or empty for a certificate that cannot be read. */
  readonly code: string;
  readonly message: string;
}

/** Upper bounds of `WorkerStats.durationCounts`, milliseconds. */
export const REQUEST_BOUNDS_MS: readonly number[] = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 60_000,
];

export interface WorkerStats {
  readonly requests: number;
  readonly bytesSent: number;
  /** By first digit of the status. */
  readonly responses: Readonly<Record<string, number>>;
  readonly badGateways: number;
  /** Requests by how long they took: not more than each of `REQUEST_BOUNDS_MS`, the last one any longer time. */
  readonly durationCounts: readonly number[];
  readonly durationSumMs: number;
  readonly clients: number;
  readonly upstreams: number;
  readonly routes: number;
  readonly logsDropped: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly eventLoopP999Ms: number;
}

/**
 * Access log lines. Right behind this message come `bytes` bytes that are not JSON: the records of `log-records.ts`, so that
 * neither side spends time on encoding lines that it only passes on.
 */
export interface LogBatch {
  readonly type: "logs";
  readonly endpoints: readonly { readonly appId: string; readonly tags: Readonly<Record<string, string>> }[];
  readonly bytes: number;
  /** Lines lost since the last batch because nobody fetched them. */
  readonly dropped: number;
}

export type MainMessage =
  | { readonly type: "hello"; readonly protocol: number }
  /** Answered by `table` parts. */
  | { readonly type: "get-table" }
  | {
      readonly type: "snapshot";
      readonly sequence: number;
      readonly groups: readonly RouteGroup[];
      readonly last: boolean;
    }
  /** Only right after `sequence - 1`; otherwise the worker asks for a snapshot. */
  | { readonly type: "delta"; readonly sequence: number; readonly changes: readonly RouteChange[] }
  | { readonly type: "get-stats" }
  | { readonly type: "reload-certificates" }
  /** Stop listening, let running requests end, exit. */
  | { readonly type: "drain"; readonly timeoutMs: number };

export type WorkerMessage =
  | {
      readonly type: "hello";
      readonly protocol: number;
      readonly pid: number;
      /** When the process started (field 22 of /proc/PID/stat): pid and ticks together name one process for ever. */
      readonly startTicks: string;
      /** Of the last table; 0: it has none yet. */
      readonly sequence: number;
    }
  | { readonly type: "listening"; readonly listeners: readonly ListenerStatus[] }
  | { readonly type: "listen-failed"; readonly failure: ListenFailure }
  | { readonly type: "table"; readonly groups: readonly RouteGroup[]; readonly last: boolean }
  | { readonly type: "want-snapshot" }
  | { readonly type: "stats"; readonly stats: WorkerStats }
  | LogBatch;

export function encodeLine(message: MainMessage | WorkerMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/** A message and what came behind it. */
export interface Received {
  readonly message: unknown;
  /** Of a message with `bytes`; otherwise empty. */
  readonly raw: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** Cuts a stream into messages. Throws `RangeError` for an endless one, `SyntaxError` for one that is no JSON. */
export class MessageReader {
  #rest: Buffer = NOTHING;
  #pieces: Buffer[] = [];
  #size = 0;
  /** A message that waits for its bytes. */
  #head: { readonly message: unknown; readonly bytes: number } | null = null;

  *feed(chunk: Buffer): Generator<Received> {
    this.#rest = chunk;
    for (;;) {
      const received = this.#head === null ? this.#line() : this.#raw(this.#head);
      if (received === null) return;
      if (received !== "head") yield received;
    }
  }

  #line(): Received | "head" | null {
    const end = this.#rest.indexOf(10);
    if (end < 0) return this.#keep(LINE_MAX);
    const message: unknown = JSON.parse(this.#take(end, 1).toString());
    const bytes = (message as { readonly bytes?: unknown } | null)?.bytes;
    if (typeof bytes !== "number") return { message, raw: NOTHING };
    if (!(bytes >= 0 && bytes <= LINE_MAX)) throw new RangeError("control message too long");
    this.#head = { message, bytes };
    return "head";
  }

  #raw({ message, bytes }: { readonly message: unknown; readonly bytes: number }): Received | null {
    const missing = bytes - this.#size;
    if (this.#rest.length < missing) return this.#keep(LINE_MAX);
    this.#head = null;
    return { message, raw: this.#take(missing, 0) };
  }

  /** What was kept and the next `count` bytes, in one piece. @param skip bytes behind them that nobody wants. */
  #take(count: number, skip: number): Buffer {
    const last = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count + skip);
    if (this.#pieces.length === 0) return last;
    const whole = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.#size = 0;
    return whole;
  }

  #keep(max: number): null {
    if (this.#rest.length > 0) this.#pieces.push(this.#rest);
    this.#size += this.#rest.length;
    this.#rest = NOTHING;
    if (this.#size > max) throw new RangeError("control message too long");
    return null;
  }
}

/** Groups in parts of bounded size; at least one part, also for an empty table. */
export function* inParts(groups: Iterable<RouteGroup>): Generator<{ groups: RouteGroup[]; last: boolean }> {
  let part: RouteGroup[] = [];
  for (const group of groups) {
    if (part.length === GROUPS_PER_PART) {
      yield { groups: part, last: false };
      part = [];
    }
    part.push(group);
  }
  yield { groups: part, last: true };
}
