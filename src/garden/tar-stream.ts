import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Backend } from "./backend.ts";
import type { ContainerRecord } from "./container-record.ts";
import { GardenError } from "./errors.ts";
import { userAccount } from "./user-account.ts";

/** Of what tar complains about, this much is told on. */
const COMPLAINT_BYTES = 2000;

/**
 * Unpacks a tar stream, plain or compressed by gzip or zstd, into a folder that is made when it is missing. tar runs
 * inside as the wanted user: links of a tenant lead nowhere but into the tenant's own container.
 */
export async function streamIn(
  backend: Backend,
  record: ContainerRecord,
  folder: string,
  to: { readonly path: string; readonly user: string },
  tar: Readable,
  signal: AbortSignal,
): Promise<void> {
  const { head, rest } = await peek(tar);
  const script = `mkdir -p "$1" && exec tar ${decompressionOf(head)} -x -C "$1" -f -`;
  const path = backend.innerPath(record, fromHome(to), folder);
  const command = await backend.toolCommand(record, to.user, ["/bin/sh", "-c", script, "sh", path], folder);
  const child = start(command, signal, "pipe");
  const complaint = complaintOf(child);
  const ended = exitOf(child);
  const [sent, exit] = await Promise.allSettled([pipeline(rest, child.stdin!), ended]);
  signal.throwIfAborted();
  if (exit.status === "rejected") throw exit.reason;
  if (exit.value !== 0) throw new GardenError("failed", `stream in to ${to.path}: ${complaint()}`);
  // tar stops reading at the archive's end; a writer that has more to send than that has sent no wrong thing.
  if (sent.status === "rejected" && (sent.reason as NodeJS.ErrnoException).code !== "EPIPE") throw sent.reason;
}

/** A tar stream of a file or folder under its own name, or with a slash at the end of a folder's contents. */
export async function streamOut(
  backend: Backend,
  record: ContainerRecord,
  folder: string,
  from: { readonly path: string; readonly user: string },
  signal: AbortSignal,
): Promise<Readable> {
  const path = backend.innerPath(record, fromHome(from), folder);
  const slash = path.lastIndexOf("/");
  const parent = path.endsWith("/") ? path : path.slice(0, slash + 1) || ".";
  const entry = path.endsWith("/") ? "." : path.slice(slash + 1);
  const args = ["/bin/tar", "-c", "-C", parent, "-f", "-", "--", entry];
  const child = start(await backend.toolCommand(record, from.user, args, folder), signal, "ignore");
  const complaint = complaintOf(child);
  const ended = exitOf(child);
  ended.catch(() => undefined);
  async function* bytes(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of child.stdout!) yield chunk as Buffer;
      // Only the exit code tells whether the archive is whole.
      if ((await ended) !== 0) throw new GardenError("failed", `stream out of ${from.path}: ${complaint()}`);
    } finally {
      if (child.exitCode === null) child.kill("SIGKILL");
    }
  }
  return Readable.from(bytes(), { objectMode: false });
}

/** A relative path starts at the user's home, as Garden has it: the droplet goes to `.`. A slash at the end stays. */
export function fromHome(place: { readonly path: string; readonly user: string }): string {
  return place.path.startsWith("/") ? place.path : join(userAccount(place.user).home, place.path);
}

function start(command: readonly string[], signal: AbortSignal, stdin: "pipe" | "ignore"): ChildProcess {
  signal.throwIfAborted();
  const [file, ...args] = command;
  return spawn(file!, args, { stdio: [stdin, "pipe", "pipe"], signal, killSignal: "SIGKILL" });
}

async function exitOf(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 137;
}

function complaintOf(child: ChildProcess): () => string {
  let text = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    if (text.length < COMPLAINT_BYTES) text += chunk.toString().slice(0, COMPLAINT_BYTES - text.length);
  });
  return () => text.trim() || "tar failed";
}

function decompressionOf(head: Buffer): string {
  if (head[0] === 0x1f && head[1] === 0x8b) return "-z";
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? "--zstd" : "";
}

/** The first bytes, and a stream that still has them. */
async function peek(stream: Readable): Promise<{ readonly head: Buffer; readonly rest: AsyncIterable<Buffer> }> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first: Buffer[] = [];
  let size = 0;
  while (size < 4) {
    const next = await chunks.next();
    if (next.done) break;
    const chunk = Buffer.from(next.value);
    first.push(chunk);
    size += chunk.length;
  }
  const head = Buffer.concat(first);
  async function* rest(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield Buffer.from(next.value);
    } finally {
      await chunks.return?.();
    }
  }
  return { head, rest: rest() };
}
