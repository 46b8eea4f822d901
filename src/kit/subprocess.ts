import { spawn } from "node:child_process";

export interface CommandResult {
  /** Exit code; 128 + signal number when killed by a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Killed with SIGKILL when it aborts (not what it has started itself); the call rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Bytes kept of each output; the rest is dropped. Default 1 MiB. */
  readonly outputMax?: number;
}

/** Runs other programs. */
export interface Subprocess {
  /** Resolves with any exit code; rejects when the program cannot be started. */
  run(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult>;
}

export interface LaunchOptions extends Pick<CommandOptions, "env" | "cwd" | "signal"> {}

/** Starts programs that outlive this one. */
export interface ProcessLauncher {
  /**
   * In a session of its own, without stdin and stderr. Resolves with what it prints up to its first line's end, or up to the
   * end of its output; rejects when it cannot be started, and when `signal` aborts before (it is killed then).
   */
  launch(file: string, args: readonly string[], options: LaunchOptions): Promise<string>;
}

/** The command ended with a code other than zero. */
export class CommandFailed extends Error {
  readonly result: CommandResult;
  constructor(file: string, args: readonly string[], result: CommandResult) {
    super(`${file} ${args.slice(0, 3).join(" ")}: exit ${result.code}: ${result.stderr.trim().slice(0, 2000)}`);
    this.result = result;
  }
}

/** Runs and throws `CommandFailed` unless the exit code is zero. */
export async function runChecked(
  subprocess: Subprocess,
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const result = await subprocess.run(file, args, options);
  if (result.code !== 0) throw new CommandFailed(file, args, result);
  return result;
}

/** Programs of this machine, started by this process itself: for short-lived ones. See spawn-server.ts. */
export function systemSubprocess(): Subprocess & ProcessLauncher {
  return {
    launch: (file, args, options) =>
      new Promise((resolve, reject) => {
        options.signal.throwIfAborted();
        const child = spawn(file, args, {
          cwd: options.cwd,
          env: options.env ?? process.env,
          stdio: ["ignore", "pipe", "ignore"],
          detached: true,
        });
        let text = "";
        const onAbort = (): void => void child.kill("SIGKILL");
        options.signal.addEventListener("abort", onAbort, { once: true });
        const done = (): void => {
          options.signal.removeEventListener("abort", onAbort);
          child.stdout.destroy();
          child.unref();
          if (options.signal.aborted) reject(options.signal.reason);
          else resolve(text);
        };
        child.on("error", reject);
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
          if (text.includes("\n")) done();
        });
        child.stdout.on("end", done);
      }),
    run: (file, args, options) =>
      new Promise((resolve, reject) => {
        options.signal.throwIfAborted();
        const child = spawn(file, args, {
          cwd: options.cwd,
          env: options.env ?? process.env,
          stdio: ["pipe", "pipe", "pipe"],
        });
        const limit = options.outputMax ?? 1_048_576;
        const take = (stream: NodeJS.ReadableStream): Buffer[] => {
          const kept: Buffer[] = [];
          let size = 0;
          stream.on("data", (chunk: Buffer) => {
            if (size < limit) kept.push(chunk.subarray(0, limit - size));
            size += chunk.length;
          });
          return kept;
        };
        const stdout = take(child.stdout);
        const stderr = take(child.stderr);
        const onAbort = (): void => {
          child.kill("SIGKILL");
          // Others may hold them still: they are not waited for.
          for (const stream of [child.stdout, child.stderr]) stream.destroy();
        };
        options.signal.addEventListener("abort", onAbort, { once: true });
        child.on("error", reject);
        child.stdin.on("error", () => undefined); // the program may end without reading its input
        child.on("close", (code, signalName) => {
          options.signal.removeEventListener("abort", onAbort);
          if (options.signal.aborted) return reject(options.signal.reason);
          resolve({
            code: code ?? 128 + signalNumber(signalName),
            stdout: Buffer.concat(stdout).toString(),
            stderr: Buffer.concat(stderr).toString(),
          });
        });
        child.stdin.end(options.input ?? "");
      }),
  };
}

function signalNumber(name: NodeJS.Signals | null): number {
  return name === "SIGKILL" ? 9 : name === "SIGTERM" ? 15 : name === "SIGINT" ? 2 : 1;
}
