import { spawn } from "node:child_process";
import { constants } from "node:os";

/** A buildpack's script, or another program, ended badly. The text is the one that Go's exec gives. */
export class ScriptFailed extends Error {}

/**
 * Runs a program with the builder's own standard error. Its output goes to ours, or is given back with `capture`.
 * Throws `ScriptFailed` with `exit status N`, `signal: killed` or the reason why it cannot be started.
 */
export function runScript(
  file: string,
  args: readonly string[],
  options: { readonly capture?: boolean; readonly cwd?: string; readonly quiet?: boolean } = {},
): Promise<string> {
  const capture = options.capture === true || options.quiet === true;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ["ignore", capture ? "pipe" : "inherit", options.quiet === true ? "pipe" : "inherit"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const output: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", (error: NodeJS.ErrnoException) => reject(new ScriptFailed(startFailure(file, error))));
    child.on("close", (code, signal) => {
      const text = Buffer.concat(output).toString();
      if (code === 0) return resolve(text);
      const how = signal === null ? `exit status ${code}` : `signal: ${signalText(signal)}`;
      reject(new ScriptFailed(options.quiet === true && text !== "" ? `${text.trim()}\n${how}` : how));
    });
  });
}

function startFailure(file: string, error: NodeJS.ErrnoException): string {
  if (error.code === "EACCES") return `fork/exec ${file}: permission denied`;
  if (error.code === "ENOENT") return `fork/exec ${file}: no such file or directory`;
  return `fork/exec ${file}: ${error.message}`;
}

function signalText(signal: NodeJS.Signals): string {
  const texts: Partial<Record<NodeJS.Signals, string>> = {
    SIGKILL: "killed",
    SIGTERM: "terminated",
    SIGSEGV: "segmentation fault",
    SIGABRT: "aborted",
    SIGINT: "interrupt",
  };
  return texts[signal] ?? `signal ${constants.signals[signal]}`;
}
