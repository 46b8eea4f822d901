import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { systemClock } from "../../kit/clock-system.ts";
import { BackupError, backUp } from "../../platform/admin/backup.ts";
import { readCommandLine } from "../../platform/config.ts";
import { openStateFolder } from "../../platform/state-folder.ts";
import { UsageError } from "../../platform/usage-error.ts";
import { tellFailure, untilInterrupted } from "./until-interrupted.ts";

/** `./ingot admin backup FILE`: exit code 0 when the file is whole, 1 when there is none. */
export async function backup(argv: readonly string[]): Promise<number> {
  const { config, positionals } = readCommandLine(argv, process.env, {}, 1);
  const [file] = positionals;
  if (file === undefined) throw new UsageError("backup FILE: which file?");
  if (!existsSync(config.state)) throw new UsageError(`there is no Ingot in ${config.state}`);
  const state = openStateFolder(config.state);
  const target = resolve(file);
  try {
    const report = await untilInterrupted((signal) => backUp(state, target, { clock: systemClock() }, signal));
    const megabytes = (report.bytes / 1e6).toFixed(1);
    process.stdout.write(`${target}: ${report.databases} databases, ${report.blobs} blobs, ${megabytes} MB\n`);
    process.stdout.write("It holds every secret of this Ingot: keep it as you keep those.\n");
    for (const path of report.damaged) {
      process.stderr.write(`ingot admin backup: ${path} is damaged; a restore leaves it out\n`);
    }
    return 0;
  } catch (error) {
    return tellFailure("backup", error, BackupError);
  }
}
