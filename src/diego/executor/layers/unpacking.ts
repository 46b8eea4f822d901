import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("unpack-main.ts", import.meta.url));
const ANSWER_CHARACTERS = 10_000;

export interface UnpackingLimits {
  /** Of the archive without compression. */
  readonly streamBytesMax: number;
  readonly entriesMax: number;
}

export interface Unpacking extends Disposable {
  /** Takes the archive. */
  readonly input: Writable;
  /** Disk space of what was unpacked. Rejects with the reason, which holds names of the tenant's files at most. */
  readonly result: Promise<{ readonly bytes: number; readonly entries: number }>;
}

/**
 * Unpacks an archive into `folder` in a process of its own that becomes user `id` of this machine. `folder` belongs to
 * that user, and nobody but root may come near it. Disposal ends the process.
 */
export function startUnpacking(folder: string, id: number, limits: UnpackingLimits, signal: AbortSignal): Unpacking {
  const args = ["--disable-warning=ExperimentalWarning", PROGRAM, id, limits.streamBytesMax, limits.entriesMax];
  const child = spawn(process.execPath, args.map(String), {
    cwd: folder,
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    stdio: ["pipe", "pipe", "pipe"],
    signal,
    killSignal: "SIGKILL",
  });
  let answer = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    answer = (answer + text).slice(0, ANSWER_CHARACTERS);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, ANSWER_CHARACTERS);
  });
  const result = new Promise<{ readonly bytes: number; readonly entries: number }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) return resolve(JSON.parse(answer) as { bytes: number; entries: number });
      reject(new Error(complaint.trim() || "the archive could not be unpacked"));
    });
  });
  result.catch(() => undefined); // whoever feeds it may have failed before
  child.stdin.on("error", () => undefined); // it ends without reading everything: `result` says why
  return { input: child.stdin, result, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}
