import { existsSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { CliDeps } from "../cli/index.ts";
import { systemClock } from "../kit/clock-system.ts";
import { systemRandom } from "../kit/random-system.ts";
import { ingotVersion } from "./version.ts";

/**
 * The cf command line on this terminal. `cfHome` and `cwd` stand in for the user's own; `signal` for Ctrl-C, where the process
 * has more to do than this.
 */
export function cliDeps(
  options: { readonly cfHome?: string; readonly cwd?: string; readonly signal?: AbortSignal } = {},
): CliDeps {
  const homeDir = process.env["HOME"] || homedir();
  const authority = join(process.env["INGOT_STATE"] || join(homeDir, ".ingot"), "ca", "ca.crt");
  return {
    env: options.cfHome === undefined ? process.env : { ...process.env, CF_HOME: options.cfHome },
    cwd: options.cwd ?? process.cwd(),
    homeDir,
    tempDir: tmpdir(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock(),
    random: systemRandom(),
    signal: options.signal ?? interruption(),
    extraCa: existsSync(authority) ? [readFileSync(authority, "utf8")] : [],
    version: ingotVersion(),
  };
}

function interruption(): AbortSignal {
  const interrupted = new AbortController();
  process.once("SIGINT", () => {
    interrupted.abort(new Error("interrupted"));
    // A second Ctrl-C ends at once, as everywhere.
    process.once("SIGINT", () => process.exit(130));
  });
  return interrupted.signal;
}
