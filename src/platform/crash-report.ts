import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ingotVersion } from "./version.ts";

/** Exit code that asks the launcher for a restart (sysexits: EX_SOFTWARE). */
export const CRASHED = 70;

/**
 * From now on an error that nobody caught writes a report (without environment, which may hold secrets) to `folder` and
 * ends the process with code 70; the launcher starts it again with a growing pause, and containers are adopted.
 */
export function reportCrashes(folder: string, nowMs: () => number): void {
  const crash = (kind: string) => (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
    const report = {
      kind,
      time: new Date(nowMs()).toISOString(),
      version: ingotVersion(),
      node: process.version,
      error: text,
      memory: process.memoryUsage(),
    };
    const path = join(folder, `crash-${nowMs()}-${process.pid}.json`);
    try {
      writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
    } catch {
      // A full disk must not hide the error itself.
    }
    process.stderr.write(`ingot: ${text}\nreport: ${path}\n`);
    process.exit(CRASHED);
  };
  process.on("uncaughtException", crash("uncaught exception"));
  process.on("unhandledRejection", crash("unhandled rejection"));
}
