import type { Clock } from "./clock.ts";
import { redact } from "./redact.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, unknown>>;

/** The platform's own log (not the apps'). Fields never hold secrets. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with fields that every line carries, e.g. `{ component: "bbs" }`. */
  child(fields: LogFields): Log;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** JSON lines handed to `write`, each ending in a newline. An `error` field becomes its stack. */
export function jsonLog(
  write: (line: string) => void,
  clock: Clock,
  level: LogLevel = "info",
  base: LogFields = {},
): Log {
  const emit = (at: LogLevel, message: string, fields: LogFields = {}): void => {
    if (RANK[at] < RANK[level]) return;
    const line = { time: new Date(clock.nowMs()).toISOString(), level: at, ...base, message, ...fields };
    write(
      `${redact(JSON.stringify(line, (_key, value) => (value instanceof Error ? (value.stack ?? String(value)) : typeof value === "bigint" ? String(value) : value)))}\n`,
    );
  };
  return {
    debug: (message, fields) => emit("debug", message, fields),
    info: (message, fields) => emit("info", message, fields),
    warn: (message, fields) => emit("warn", message, fields),
    error: (message, fields) => emit("error", message, fields),
    child: (fields) => jsonLog(write, clock, level, { ...base, ...fields }),
  };
}

/** Drops everything; for tests. */
export function silentLog(): Log {
  const none = (): void => undefined;
  const log: Log = { debug: none, info: none, warn: none, error: none, child: () => log };
  return log;
}
