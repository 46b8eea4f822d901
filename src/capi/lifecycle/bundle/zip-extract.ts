import { closeSync, fchmodSync, mkdirSync, openSync, readFileSync, statSync, symlinkSync, writeSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const ARCHIVE_MAX = 2_000_000_000;

/** Extracts a buildpack's archive with permissions and links. Throws on names that lead out of `destination`. */
export async function extractZip(path: string, destination: string): Promise<void> {
  if (statSync(path).size > ARCHIVE_MAX) throw new Error("zip: archive too large");
  const zip = readFileSync(path);
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end === -1 || zip.readUInt32LE(end) !== END) throw new Error("zip: not a valid zip file");
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw new Error("zip: 64-bit archives are not supported");
  for (let entry = 0; entry < count; entry++) {
    if (zip.readUInt32LE(at) !== CENTRAL) throw new Error("zip: not a valid zip file");
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    extractEntry(zip, at, name, destination);
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

function extractEntry(zip: Buffer, central: number, name: string, destination: string): void {
  if (name.startsWith("/") || name.split("/").includes("..")) throw new Error(`zip: unsafe name ${name}`);
  const target = join(destination, name);
  if (name.endsWith("/")) {
    mkdirSync(target, { recursive: true });
    return;
  }
  const method = zip.readUInt16LE(central + 10);
  const compressed = zip.readUInt32LE(central + 20);
  const size = zip.readUInt32LE(central + 24);
  const mode = zip.readUInt32LE(central + 38) >>> 16;
  const local = zip.readUInt32LE(central + 42);
  const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const raw = zip.subarray(from, from + compressed);
  if (method !== 0 && method !== 8) throw new Error(`zip: unsupported compression of ${name}`);
  const content = method === 0 ? raw : inflateRawSync(raw, { maxOutputLength: Math.max(size, 1) });
  mkdirSync(dirname(target), { recursive: true });
  if ((mode & 0o170000) === 0o120000) {
    const link = content.toString();
    if (relative(destination, resolve(dirname(target), link)).split("/")[0] === "..") {
      throw new Error(`zip: unsafe link ${name}`);
    }
    symlinkSync(link, target);
    return;
  }
  // "wx" refuses to write through a link that an earlier entry made.
  const fd = openSync(target, "wx", 0o644);
  try {
    for (let done = 0; done < content.length; ) done += writeSync(fd, content, done);
    if (mode !== 0) fchmodSync(fd, mode & 0o777);
  } finally {
    closeSync(fd);
  }
}
