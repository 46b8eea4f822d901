import type { Cli } from "./cli.ts";
import { failureOf } from "./cloud-controller.ts";
import { logDate } from "./dates.ts";
import { CliError } from "./errors.ts";
import type { Ui } from "./ui.ts";

/** cli: actor/sharedaction/logging.go */
const RECENT_LINES = 1000;
/** log-cache answers at most so many. */
const PAGE = 1000;
/** Lines of several instances do not arrive in the order of their times: look back so far. */
const LATE_NS = 1_000_000_000n;
const POLL_MS = 100;
const FAILURES_MAX = 5;
const FAILURE_PAUSE_MS = 250;

export interface LogLine {
  readonly timestampNs: bigint;
  readonly text: string;
  readonly isError: boolean;
  /** `APP/PROC/WEB`, `STG` … */
  readonly source: string;
  readonly instance: string;
}

interface WireEnvelope {
  readonly timestamp: string;
  readonly instance_id?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly log?: { readonly payload?: string; readonly type?: string };
}

/** The newest thousand, oldest first. */
export async function recentLogs(cli: Cli, appGuid: string): Promise<LogLine[]> {
  return (await read(cli, appGuid, { descending: "true", limit: String(RECENT_LINES) })).reverse();
}

/** The time of the newest line; 0 when there is none. */
export async function newestLogNs(cli: Cli, appGuid: string): Promise<bigint> {
  const [newest] = await read(cli, appGuid, { descending: "true", limit: "1" });
  return newest?.timestampNs ?? 0n;
}

/**
 * Lines from `startNs` on, as they come, until `signal` aborts. Each is given once. Rejects after five failures in a
 * row.
 */
export async function followLogs(
  cli: Cli,
  appGuid: string,
  startNs: bigint,
  onLine: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = cli.deps;
  let cursorNs = startNs;
  let seen = new Map<string, bigint>();
  let failures = 0;
  let last = false;
  for (;;) {
    let lines: LogLine[];
    try {
      lines = await read(cli, appGuid, { start_time: String(cursorNs), limit: String(PAGE) });
      failures = 0;
    } catch (error) {
      if (signal.aborted || ++failures >= FAILURES_MAX) {
        if (signal.aborted) return;
        throw error;
      }
      await clock.sleep(FAILURE_PAUSE_MS, signal).catch(() => undefined);
      continue;
    }
    let fresh = 0;
    for (const line of lines) {
      const key = `${line.timestampNs} ${line.source} ${line.instance} ${line.text}`;
      if (seen.has(key)) continue;
      seen.set(key, line.timestampNs);
      onLine(line);
      fresh++;
    }
    const newestNs = lines.at(-1)?.timestampNs ?? cursorNs;
    if (lines.length >= PAGE) {
      // More is waiting: go on from here; a page of one single moment is stepped over.
      cursorNs = newestNs > cursorNs ? newestNs : newestNs + 1n;
      continue;
    }
    if (last) return;
    if (newestNs - LATE_NS > cursorNs) cursorNs = newestNs - LATE_NS;
    if (fresh > 0) seen = new Map([...seen].filter(([, atNs]) => atNs >= cursorNs));
    // What was written just before the end is still fetched.
    await clock.sleep(POLL_MS, signal).catch(() => undefined);
    last = signal.aborted;
  }
}

/** As `cf logs` prints a line; without its head as staging does. cli: util/ui/log_message.go */
export function showLogLine(ui: Ui, line: LogLine, withHead: boolean): void {
  const atMs = Number(line.timestampNs / 1_000_000n);
  const type = line.isError ? "ERR" : "OUT";
  const head = withHead ? `${logDate(new Date(atMs))} [${line.source}/${line.instance}] ${type} ` : "";
  for (const part of line.text.split("\n")) {
    const shown = head + part.replace(/[\r\n]+$/, "");
    ui.text(`   ${line.isError ? ui.red(shown) : shown}`);
  }
}

async function read(cli: Cli, appGuid: string, query: Readonly<Record<string, string>>): Promise<LogLine[]> {
  const endpoint = cli.config.values.LogCacheEndPoint;
  if (endpoint === "") throw new CliError("The platform names no log cache; target it again with 'cf api'.");
  const parameters = new URLSearchParams({ envelope_types: "LOG", ...query });
  const answer = await cli.cc.raw("GET", `${endpoint}/api/v1/read/${appGuid}?${parameters}`);
  if (answer.status === 404) return [];
  if (answer.status >= 400) throw failureOf(answer);
  const body = JSON.parse(answer.body.toString()) as { envelopes?: { batch?: readonly WireEnvelope[] } };
  const lines: LogLine[] = [];
  for (const envelope of body.envelopes?.batch ?? []) {
    if (envelope.log === undefined) continue;
    lines.push({
      timestampNs: BigInt(envelope.timestamp),
      text: Buffer.from(envelope.log.payload ?? "", "base64").toString(),
      isError: envelope.log.type === "ERR",
      source: envelope.tags?.["source_type"] ?? "",
      instance: envelope.instance_id ?? "",
    });
  }
  return lines;
}
