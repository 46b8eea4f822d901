import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
import type { Environment } from "./stager.ts";

const KEPT_BYTES = 65_536;

export interface CommandOptions {
  readonly cwd: string;
  readonly env: Environment;
}

/** A program ended with another code than 0; `output` is the last of what it wrote. */
export class CommandFailed extends Error {
  readonly output: string;
  constructor(how: string, output: string) {
    super(how);
    this.output = output;
  }
}

/** The last lines (default: all that was kept) that a program wrote before it failed; of any other error its message. */
export function lastWords(error: unknown, lines = Number.POSITIVE_INFINITY): string {
  const said = error instanceof CommandFailed ? error.output.trim().split("\n").slice(-lines).join("\n") : "";
  return said === "" ? (error as Error).message : said;
}

/** How it failed, and below that its last words. */
export function failureText(error: unknown, lines?: number): string {
  const { message } = error as Error;
  const said = lastWords(error, lines);
  return said === message ? message : `${message}\n${said}`;
}

/** Runs a program, shows what it writes and gives the last of it. Throws `CommandFailed`. */
export function runShown(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  return run(file, args, options, true);
}

/** Runs a program quietly and gives its output. Throws `CommandFailed`. */
export function runQuiet(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  return run(file, args, options, false);
}

function run(file: string, args: readonly string[], options: CommandOptions, shown: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ["ignore", "pipe", "pipe"] });
    let kept = Buffer.alloc(0);
    const keep =
      (target: 1 | 2) =>
      (chunk: Buffer): void => {
        if (shown) for (let at = 0; at < chunk.length; ) at += writeSync(target, chunk, at);
        kept = Buffer.concat([kept, chunk]).subarray(-KEPT_BYTES);
      };
    child.stdout.on("data", keep(1));
    child.stderr.on("data", keep(2));
    child.on("error", (error) => reject(new CommandFailed(error.message, "")));
    child.on("close", (code, signal) => {
      const output = kept.toString();
      if (code === 0) resolve(output);
      else reject(new CommandFailed(signal === null ? `exit status ${code}` : `signal: ${signal}`, output));
    });
  });
}
