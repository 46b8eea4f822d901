import { existsSync } from "node:fs";
import { systemClock } from "../../kit/clock-system.ts";
import { checkFiles } from "../../platform/admin/check-files.ts";
import type { CheckedDifference } from "../../platform/admin/check-running.ts";
import { readCommandLine } from "../../platform/config.ts";
import { lockHolder } from "../../platform/instance-lock.ts";
import { openStateFolder } from "../../platform/state-folder.ts";
import { UsageError } from "../../platform/usage-error.ts";
import { askPlatform } from "./ask-platform.ts";
import { untilInterrupted } from "./until-interrupted.ts";

const DAMAGED_MAX = 1_000;

interface Line {
  readonly check: string;
  readonly problem: string;
  readonly fix: string;
}

/**
 * `./ingot admin check [--repair] [--json]`: exit code 0 when all fits together (or was repaired), 1 when something does not, 3 when
 * `--repair` finds nobody who could.
 */
export async function check(argv: readonly string[]): Promise<number> {
  const { config, flags } = readCommandLine(argv, process.env, { repair: "boolean", json: "boolean" });
  if (!existsSync(config.state)) throw new UsageError(`there is no Ingot in ${config.state}`);
  const state = openStateFolder(config.state);
  const isRunning = lockHolder(state.root) !== null;
  const repair = flags["repair"] === true;
  const files = await untilInterrupted((signal) => checkFiles(state, systemClock().nowMs(), signal));
  const lines: Line[] = files.faults.map(({ check, problem, fix }) => ({ check, problem, fix }));
  // More are found by the next run.
  const order = { repair, damaged: files.damaged.slice(0, DAMAGED_MAX) };
  const told = isRunning ? await askPlatform("check", state.root, "check", order) : null;
  if (told !== null && "failed" in told) return told.failed;
  if (told === null) {
    for (const digest of files.damaged) {
      lines.push({ check: "blobs", problem: `content ${digest} is damaged`, fix: "./ingot up, then check --repair" });
    }
  } else {
    const { differences } = told.answer as { differences: readonly CheckedDifference[] };
    lines.push(
      ...differences.map(({ check, problem, repair }) => ({
        check,
        problem,
        fix: repair || "./ingot admin check --repair",
      })),
    );
  }
  const open = lines.filter(({ fix }) => fix !== "repaired");
  if (flags["json"] === true) {
    const { databases, blobs } = files;
    process.stdout.write(`${JSON.stringify({ running: isRunning, databases, blobs, problems: lines }, null, 2)}\n`);
  } else {
    for (const { check, problem, fix } of lines) process.stdout.write(`${check.padEnd(13)}${problem}  [${fix}]\n`);
    const seen = `${files.databases} databases, ${files.blobs} blobs, certificates`;
    const more = isRunning ? ", processes, routes and containers" : "; Ingot does not run, so nothing else";
    process.stdout.write(`looked at ${seen}${more}: ${open.length === 0 ? "all well" : `${open.length} problems`}\n`);
  }
  if (repair && !isRunning && open.length > 0) return 3;
  return open.length === 0 ? 0 : 1;
}
