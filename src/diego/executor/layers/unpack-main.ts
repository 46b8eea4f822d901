/**
 * unpack-main ID STREAM-MAX ENTRIES-MAX FILE: unpacks an archive (tar, plain, gzip or zstd) into the working directory and says
 * what it takes: {"bytes":…,"entries":…}. A program of its own, because the archive is a tenant's:
 *
 * - It opens FILE and becomes user and group ID, to whom nothing on this machine belongs but the working directory. That
 *   one's parent is closed to everybody but root, so that no name and no link leads anywhere from here.
 * - More than STREAM-MAX bytes or ENTRIES-MAX entries end it. What a failure leaves is for the caller to throw away.
 *
 * Inflating happens here and not in gzip because Node's zlib takes half the time: an app waits for this.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, openSync, readSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Duplex, PassThrough, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { listedBytes, UnsafeArchiveError } from "./tar-listing.ts";

const CHUNK_BYTES = 262_144;
const COMPLAINT_CHARACTERS = 1000;
const TAR = ["--extract", "--file=-", "-vv", "--numeric-owner", "--no-same-owner", "--quoting-style=escape"];

const [id, streamBytesMax, entriesMax] = process.argv.slice(2).map(Number) as [number, number, number];
const file = openSync(process.argv[5]!, "r");
if (process.getuid!() !== id) {
  process.setgroups!([]);
  process.setgid!(id);
  process.setuid!(id);
}
process.umask(0o022);

let bytes = 0;
let entries = 0;
const tar = spawn("tar", TAR, { stdio: ["pipe", "pipe", "pipe"], env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } });
try {
  const ended = once(tar, "close") as Promise<[number | null]>;
  let complaint = "";
  tar.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, COMPLAINT_CHARACTERS);
  });
  const head = Buffer.alloc(4);
  readSync(file, head, 0, 4, 0);
  const source = createReadStream("", { fd: file, start: 0, highWaterMark: CHUNK_BYTES });
  const fed = pipeline(source, decompressor(head), limitedTo(streamBytesMax), tar.stdin).catch((error) => {
    // tar gives up reading: its own words, and ours about its list, say more.
    if (error.code !== "EPIPE") throw error;
  });
  const [, , [code]] = await Promise.all([fed, count(), ended]);
  if (code !== 0) throw new Error(complaint.trim() || `tar ended with ${code}`);
  process.stdout.write(`${JSON.stringify({ bytes, entries })}\n`);
} catch (error) {
  tar.kill("SIGKILL");
  process.stderr.write((error as Error).message, () => process.exit(1));
}

async function count(): Promise<void> {
  for await (const line of createInterface(tar.stdout)) {
    bytes += listedBytes(line);
    if (++entries > entriesMax) throw new UnsafeArchiveError(`more than ${entriesMax} entries`);
  }
}

function limitedTo(max: number): Transform {
  let passed = 0;
  return new Transform({
    highWaterMark: CHUNK_BYTES,
    transform: (chunk: Buffer, _encoding, done) => {
      passed += chunk.length;
      if (passed > max) done(new UnsafeArchiveError(`more than ${max} bytes`));
      else done(null, chunk);
    },
  });
}

/** By the first bytes, as tar itself would see it in a file. */
function decompressor(head: Buffer): Duplex {
  if (head[0] === 0x1f && head[1] === 0x8b) return createGunzip({ chunkSize: CHUNK_BYTES });
  if (head.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress({ chunkSize: CHUNK_BYTES });
  return new PassThrough();
}
