import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { ownNodeEnvironment } from "../../kit/own-node.ts";

/** Starts a process that outlives this one. Resolves when it runs. */
export type WorkerSpawn = (worker: {
  /** For its log file, e.g. `gorouter-0`. */
  readonly name: string;
  /** TypeScript file to run. */
  readonly entry: string;
  readonly args: readonly string[];
}) => Promise<{ readonly pid: number }>;

/** The young generation stays small: what a request leaves behind dies at once, and memory counts per worker. */
const NODE_FLAGS = ["--max-semi-space-size=8", "--disable-warning=ExperimentalWarning"];

/**
 * Processes of this machine, in their own session (a Ctrl-C of the terminal is not for them), output appended to
 * `logFolder/NAME.log`.
 * @param compileCache folder of Node's compile cache: a restart then parses and strips nothing.
 */
export function detachedSpawn(logFolder: string, compileCache?: string): WorkerSpawn {
  return async ({ name, entry, args }) => {
    const output = openSync(`${logFolder}/${name}.log`, "a", 0o600);
    try {
      const child = spawn(process.execPath, [...NODE_FLAGS, entry, ...args], {
        detached: true,
        stdio: ["ignore", output, output],
        cwd: "/",
        env: ownNodeEnvironment(compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache }),
      });
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      child.once("spawn", resolve);
      child.once("error", reject);
      await promise;
      child.unref();
      return { pid: child.pid! };
    } finally {
      closeSync(output);
    }
  };
}
