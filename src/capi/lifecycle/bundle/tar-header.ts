/** Header blocks of a tar archive: POSIX ustar, with pax records for what does not fit (POSIX.1-2001, pax). */

export type TarType = "file" | "directory" | "symlink" | "hardlink" | "fifo";

export interface TarEntry {
  /** Path inside the archive; directories end in a slash. */
  readonly name: string;
  readonly type: TarType;
  /** Bytes of content; 0 for everything but files. */
  readonly size: number;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeMs: number;
  /** Target of a symlink or hard link. */
  readonly link: string;
}

export const TAR_BLOCK = 512;

const TYPE_FLAG: Record<TarType, string> = { file: "0", hardlink: "1", symlink: "2", directory: "5", fifo: "6" };
const SIZE_MAX = 0o77777777777;
const ID_MAX = 0o7777777;

/** The header of one entry, a multiple of 512 bytes; its content, padded to 512 bytes, follows. */
export function tarHeader(entry: TarEntry): Buffer {
  const pax: [string, string][] = [];
  const split = splitName(entry.name);
  if (split === null) pax.push(["path", entry.name]);
  if (Buffer.byteLength(entry.link) > 100) pax.push(["linkpath", entry.link]);
  if (entry.size > SIZE_MAX) pax.push(["size", String(entry.size)]);
  if (entry.uid > ID_MAX) pax.push(["uid", String(entry.uid)]);
  if (entry.gid > ID_MAX) pax.push(["gid", String(entry.gid)]);
  const [prefix, name] = split ?? ["", cut(entry.name, 100)];
  const own = ustar(entry, prefix, name, TYPE_FLAG[entry.type]);
  if (pax.length === 0) return own;
  const records = Buffer.concat(pax.map(paxRecord));
  const header = ustar({ ...entry, size: records.length, mode: 0o644, link: "" }, "", "PaxHeaders/entry", "x");
  return Buffer.concat([header, records, Buffer.alloc(paddingOf(records.length)), own]);
}

/** Zero bytes after a content of that size. */
export function paddingOf(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * TAR_BLOCK);
}

function ustar(entry: TarEntry, prefix: string, name: string, flag: string): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  block.write(name, 0, 100, "utf8");
  writeOctal(block, entry.mode & 0o7777, 100, 8);
  writeOctal(block, Math.min(entry.uid, ID_MAX), 108, 8);
  writeOctal(block, Math.min(entry.gid, ID_MAX), 116, 8);
  writeOctal(block, entry.size > SIZE_MAX ? 0 : entry.size, 124, 12);
  writeOctal(block, Math.max(0, Math.floor(entry.mtimeMs / 1000)), 136, 12);
  block.write("        ", 148, "latin1");
  block.write(flag, 156, "latin1");
  block.write(cut(entry.link, 100), 157, 100, "utf8");
  block.write("ustar\u000000", 257, "latin1");
  block.write(prefix, 345, 155, "utf8");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function writeOctal(block: Buffer, value: number, at: number, width: number): void {
  block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at, "latin1");
}

/** Null when the name needs a pax record. */
function splitName(name: string): [prefix: string, name: string] | null {
  const bytes = Buffer.byteLength(name);
  if (bytes <= 100) return ["", name];
  if (bytes > 256) return null;
  for (let slash = name.indexOf("/"); slash !== -1 && slash < name.length - 1; slash = name.indexOf("/", slash + 1)) {
    const prefix = name.slice(0, slash);
    const rest = name.slice(slash + 1);
    if (prefix !== "" && Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100) return [prefix, rest];
  }
  return null;
}

/** At most `bytesMax` bytes, never half a character. */
function cut(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  return Buffer.from(text)
    .subarray(0, bytesMax)
    .toString("utf8")
    .replace(/\ufffd$/, "");
}

/** `<length> <key>=<value>\n`, the length counting itself. */
function paxRecord([key, value]: [string, string]): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
