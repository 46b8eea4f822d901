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

export interface WorkerStats {
  readonly requests: number;
  readonly bytesSent: number;
  /** By first digit of the status. */
  readonly responses: Readonly<Record<string, number>>;
  readonly badGateways: number;
  readonly clients: number;
  readonly upstreams: number;
  readonly routes: number;
  readonly logsDropped: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly eventLoopP999Ms: number;
}

/** One app's line: [nanoseconds since the epoch, index in the batch's `endpoints`, text]. */
export type LogEntry = readonly [timestampNs: string, endpoint: number, line: string];

export interface LogBatch {
  readonly type: "logs";
  readonly endpoints: readonly { readonly appId: string; readonly tags: Readonly<Record<string, string>> }[];
  readonly entries: readonly LogEntry[];
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

/** Cuts a stream into messages. Throws `RangeError` for an endless line, `SyntaxError` for one that is no JSON. */
export class LineReader {
  #pieces: Buffer[] = [];
  #size = 0;

  *feed(chunk: Buffer): Generator<unknown> {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#pieces.push(chunk.subarray(start, end));
      const line = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#size = 0;
      start = end + 1;
      yield JSON.parse(line.toString());
    }
    if (start === chunk.length) return;
    this.#pieces.push(chunk.subarray(start));
    this.#size += chunk.length - start;
    if (this.#size > LINE_MAX) throw new RangeError("control line too long");
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
