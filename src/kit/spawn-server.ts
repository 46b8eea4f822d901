import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { getSystemErrorName } from "node:util";
import type { CommandOptions, CommandResult, LaunchOptions, ProcessLauncher, Subprocess } from "./subprocess.ts";

const PROGRAM = fileURLToPath(new URL("spawn-server.pl", import.meta.url));
const OUTPUT_MAX = 1_048_576;
/** Each uses up to four descriptors there, of the 1,024 that select can watch. */
const RUNNING_MAX = 200;

interface Job {
  readonly answered: (fields: readonly Buffer[]) => void;
  readonly failed: (error: Error) => void;
}

/**
 * Programs of this machine, started by a small process of its own (`spawn-server.pl`) and not by this one, which would stand
 * still for 10 to 20 ms each time once it has grown to some hundred MB. Needs perl. Disposal ends the small process;
 * what it has started goes on. When it dies, calls under way reject, and the next one starts a new one.
 * @param label stands in its command line, for people who wonder whose it is
 */
export function spawnServer(label: string): Subprocess & ProcessLauncher & Disposable {
  const server = new SpawnServer(label);
  return {
    run: (file, args, options) => server.run(file, args, options),
    launch: (file, args, options) => server.launch(file, args, options),
    [Symbol.dispose]: () => server.close(),
  };
}

class SpawnServer {
  readonly #label: string;
  #child: ChildProcess | null = null;
  #jobs = new Map<string, Job>();
  #received: Buffer = Buffer.alloc(0);
  #lastId = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(label: string) {
    this.#label = label;
  }

  async run(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
    const [what, code, stdout, stderr] = await this.#ask("run", file, args, options);
    options.signal.throwIfAborted();
    if (what?.toString() !== "exit") throw startError(code, stdout);
    return { code: Number(code), stdout: String(stdout), stderr: String(stderr) };
  }

  async launch(file: string, args: readonly string[], options: LaunchOptions): Promise<string> {
    const [what, text, reason] = await this.#ask("launch", file, args, options);
    options.signal.throwIfAborted();
    if (what?.toString() !== "line") throw startError(text, reason);
    return String(text);
  }

  close(): void {
    this.#child?.stdin?.end();
  }

  async #ask(
    kind: "run" | "launch",
    file: string,
    args: readonly string[],
    options: CommandOptions,
  ): Promise<readonly Buffer[]> {
    if (this.#jobs.size >= RUNNING_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    options.signal.throwIfAborted();
    const id = String(++this.#lastId);
    const environment =
      options.env === undefined
        ? ["own"]
        : ["given", ...Object.entries(options.env).map(([name, value]) => `${name}=${value}`)];
    const words = [file, ...args];
    const before = [kind, id, options.cwd ?? "", String(options.outputMax ?? OUTPUT_MAX)];
    const fields = [...before, options.input ?? "", String(words.length), ...words, ...environment];
    const onAbort = (): void => this.#send(["kill", id]);
    try {
      return await new Promise<readonly Buffer[]>((resolve, reject) => {
        this.#jobs.set(id, { answered: resolve, failed: reject });
        this.#send(fields);
        options.signal.addEventListener("abort", onAbort, { once: true });
      });
    } finally {
      options.signal.removeEventListener("abort", onAbort);
      this.#jobs.delete(id);
      if (this.#jobs.size === 0) (this.#child?.stdout as Socket | null)?.unref();
      this.#waiting.shift()?.();
    }
  }

  #send(fields: readonly (string | Uint8Array)[]): void {
    const child = this.#child ?? this.#start();
    (child.stdout as Socket).ref();
    child.stdin!.write(framed(fields));
  }

  #start(): ChildProcess {
    // In a session of its own: Ctrl-C in the terminal is for this process, which decides what becomes of the others.
    const child = spawn("perl", [PROGRAM, this.#label], { stdio: ["pipe", "pipe", "inherit"], detached: true });
    this.#child = child;
    this.#received = Buffer.alloc(0);
    child.unref();
    (child.stdin as Socket).unref();
    const end = (error: Error): void => {
      if (this.#child !== child) return;
      this.#child = null;
      for (const job of this.#jobs.values()) job.failed(error);
    };
    child.on("error", end);
    child.on("close", () => end(new Error("the process that starts programs has ended")));
    child.stdin!.on("error", end);
    child.stdout!.on("data", (chunk: Buffer) => this.#take(chunk));
    return child;
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (;;) {
      const size = this.#received.length < 4 ? Number.POSITIVE_INFINITY : this.#received.readUInt32BE(0);
      if (this.#received.length < 4 + size) return;
      const [id, ...fields] = fieldsOf(this.#received.subarray(4, 4 + size));
      this.#received = this.#received.subarray(4 + size);
      this.#jobs.get(String(id))?.answered(fields);
    }
  }
}

/** As `spawn` tells it: with the name of the system's error as `code`. */
function startError(errno: Buffer | undefined, reason: Buffer | undefined): NodeJS.ErrnoException {
  return Object.assign(new Error(String(reason)), { code: getSystemErrorName(-Number(errno)) });
}

function framed(fields: readonly (string | Uint8Array)[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(4)];
  for (const field of fields) {
    const bytes = Buffer.from(field as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  const frame = Buffer.concat(parts);
  frame.writeUInt32BE(frame.length - 4);
  return frame;
}

function fieldsOf(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    fields.push(bytes.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return fields;
}
