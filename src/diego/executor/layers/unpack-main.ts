/**
 * unpack-main ID STREAM-MAX ENTRIES-MAX FILE KNOWN: unpacks an archive (tar, plain, gzip or zstd) into the working directory
 * and says what it takes: {"bytes":…,"entries":…}. A program of its own, because the archive is a tenant's:
 *
 * - It opens FILE and becomes user and group ID, to whom nothing on this machine belongs but the working directory. That
 *   one's parent is closed to everybody but root, so that no name and no link leads anywhere from here.
 * - More than STREAM-MAX bytes or ENTRIES-MAX entries end it. What a failure leaves is for the caller to throw away.
 *
 * An app waits for this. Inflating happens here and not in gzip because Node's zlib takes half the time; what is KNOWN
 * (JSON, see known-files.ts) is not inflated, and where it is shared not even written: tar makes an empty file of it, which
 * then becomes another name of the shared one.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Duplex, PassThrough, Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { archivePieces } from "./archive-pieces.ts";
import { type KnownFile, SHARED_MODE } from "./known-files.ts";
import { emptied, paddingOf, regularFileHeader, TAR_BLOCK_BYTES } from "./tar-block.ts";
import { blocksOf, listedBytes, UnsafeArchiveError } from "./tar-listing.ts";

const CHUNK_BYTES = 262_144;
const COMPLAINT_CHARACTERS = 1000;
const TAR = ["--extract", "--file=-", "-vv", "--numeric-owner", "--no-same-owner", "--quoting-style=escape"];
const ENVIRONMENT = { PATH: "/usr/bin:/bin", LC_ALL: "C" };

/** A stretch of an open file, and what makes plain bytes of it. */
interface Stretch {
  readonly kind: "stretch";
  readonly fd: number;
  readonly start: number;
  readonly size: number;
  readonly through: () => Duplex;
}

/** A known file: plain, and as the file to link to. */
interface Known {
  readonly kind: "known";
  readonly plain: Stretch;
  readonly sharedFd: number | null;
}

const [id, streamBytesMax, entriesMax] = process.argv.slice(2).map(Number) as [number, number, number];
const [path, knownFiles] = process.argv.slice(5) as [string, string];
const parts = partsOf(openSync(path, "r"), JSON.parse(knownFiles) as readonly KnownFile[]);
if (process.getuid!() !== id) {
  process.setgroups!([]);
  process.setgid!(id);
  process.setuid!(id);
}
process.umask(0o022);

let bytes = 0;
let entries = 0;
const links: { readonly name: string; readonly fd: number }[] = [];
const tar = spawn("tar", TAR, { stdio: ["pipe", "pipe", "pipe"], env: ENVIRONMENT });
const stream = Readable.from(plainBytes(), { objectMode: false, highWaterMark: CHUNK_BYTES });
const fed = pipeline(stream, limitedTo(streamBytesMax), tar.stdin).catch((error) => {
  // tar gives up reading: its own words, and ours about its list, say more.
  if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
});
try {
  await Promise.all([fed, count(), endOf(tar)]);
  for (const { name, fd } of links) {
    if (!lstatSync(name).isFile() || lstatSync(name).size > 0) throw new UnsafeArchiveError(`${name} is there twice`);
    await endOf(
      spawn("ln", ["-f", "-L", "--", "/proc/self/fd/3", name], {
        stdio: ["ignore", "ignore", "pipe", fd],
        env: ENVIRONMENT,
      }),
    );
  }
  process.stdout.write(`${JSON.stringify({ bytes, entries })}\n`);
} catch (error) {
  tar.kill("SIGKILL");
  // What cut the stream off is the reason, even where tar's complaint about that came here first.
  const reason = await fed.then(
    () => error as Error,
    (cut: Error) => cut,
  );
  process.stderr.write(reason.message, () => process.exit(1));
}

/** By the first bytes, as tar itself would see it in a file. */
function partsOf(fd: number, known: readonly KnownFile[]): (Stretch | Known)[] {
  const head = Buffer.alloc(4);
  readSync(fd, head, 0, 4, 0);
  const { size } = fstatSync(fd);
  const stretch = { kind: "stretch", fd, start: 0, size, through: () => new PassThrough() } as const;
  if (head.readUInt32LE(0) === 0xfd2fb528) {
    return [{ ...stretch, through: () => createZstdDecompress({ chunkSize: CHUNK_BYTES }) }];
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) return [stretch];
  const through = (): Duplex => createGunzip({ chunkSize: CHUNK_BYTES });
  return archivePieces(fd, size, known).map((piece) => {
    if (piece.kind === "gzip") return { ...stretch, start: piece.start, size: piece.end - piece.start, through };
    const { plainPath, sharedPath } = piece.file;
    const plainFd = openSync(plainPath, "r");
    const plain = { ...stretch, fd: plainFd, size: fstatSync(plainFd).size };
    return { kind: "known", plain, sharedFd: sharedPath === null ? null : openSync(sharedPath, "r") };
  });
}

async function* plainBytes(): AsyncGenerator<Buffer> {
  /** The last block before a shared file: its header, if all is as it should be. */
  let header = Buffer.alloc(0);
  for (const [index, part] of parts.entries()) {
    if (part.kind === "known") {
      const link = part.sharedFd === null ? null : linkFor(header, part.plain.size, part.sharedFd);
      if (link === null) {
        yield header;
        yield* bytesOf(part.plain);
        yield Buffer.alloc(paddingOf(part.plain.size));
      } else {
        links.push(link);
        bytes += blocksOf(part.plain.size) - blocksOf(0);
        yield emptied(header);
      }
      header = Buffer.alloc(0);
      continue;
    }
    const next = parts[index + 1];
    if (next?.kind === "known" && next.sharedFd !== null) {
      for await (const chunk of bytesOf(part)) {
        const all = Buffer.concat([header, chunk]);
        header = all.subarray(-TAR_BLOCK_BYTES);
        yield all.subarray(0, -TAR_BLOCK_BYTES);
      }
    } else yield* bytesOf(part);
  }
}

function linkFor(block: Buffer, size: number, fd: number): { readonly name: string; readonly fd: number } | null {
  const found = regularFileHeader(block);
  return found?.size === size && found.mode === SHARED_MODE ? { name: found.name, fd } : null;
}

async function* bytesOf({ fd, start, size, through }: Stretch): AsyncGenerator<Buffer> {
  const range = { start, end: start + size - 1, autoClose: false, highWaterMark: CHUNK_BYTES };
  const plain = through();
  const moved = pipeline(createReadStream("", { fd, ...range }), plain);
  moved.catch(() => undefined); // the reader of `plain` meets the same error
  yield* plain as AsyncIterable<Buffer>;
  await moved;
}

async function count(): Promise<void> {
  for await (const line of createInterface(tar.stdout)) {
    bytes += listedBytes(line);
    if (++entries > entriesMax) throw new UnsafeArchiveError(`more than ${entriesMax} entries`);
  }
}

/** Rejects with what the program complains about. */
async function endOf(program: ReturnType<typeof spawn>): Promise<void> {
  let complaint = "";
  program.stderr!.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, COMPLAINT_CHARACTERS);
  });
  const [code] = (await once(program, "close")) as [number | null];
  if (code !== 0) throw new Error(complaint.trim() || `${program.spawnfile} ended with ${code}`);
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
