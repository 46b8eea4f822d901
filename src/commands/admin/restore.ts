import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { BadBackupError } from "../../platform/admin/backup-manifest.ts";
import { restore as restoreState } from "../../platform/admin/restore.ts";
import { readCommandLine } from "../../platform/config.ts";
import { UsageError } from "../../platform/usage-error.ts";
import { tellFailure, untilInterrupted } from "./until-interrupted.ts";

/** `./ingot admin restore FILE --state DIR`: exit code 0 when the folder is there and whole, 1 when nothing was made. */
export async function restore(argv: readonly string[]): Promise<number> {
  const { config, positionals } = readCommandLine(argv, process.env, {}, 1);
  const [file] = positionals;
  if (file === undefined) throw new UsageError("restore FILE: which file?");
  const archive = resolve(file);
  if (!existsSync(archive)) throw new UsageError(`${archive} does not exist`);
  try {
    const { header, files, leftOut } = await untilInterrupted((signal) => restoreState(archive, config.state, signal));
    for (const path of leftOut) process.stderr.write(`ingot admin restore: ${path} was damaged and is left out\n`);
    process.stdout.write(`${config.state}: ${files} files of ${header.createdAt} (Ingot ${header.version})\n`);
    process.stdout.write(`next: ./ingot up --state ${config.state}\n`);
    return 0;
  } catch (error) {
    return tellFailure(`restore: ${file}`, error, BadBackupError);
  }
}
