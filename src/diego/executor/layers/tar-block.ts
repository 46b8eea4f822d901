/** One block of a tar archive. POSIX.1-2001, ustar interchange format */
export const TAR_BLOCK_BYTES = 512;

const CHECKSUM = { start: 148, end: 156 } as const;
const REGULAR = new Set(["0", "\0"]);

/** What the header of a regular file says; null when the block is no such header, or its name stands elsewhere. */
export function regularFileHeader(
  block: Buffer,
): { readonly name: string; readonly size: number; readonly mode: number } | null {
  if (block.length !== TAR_BLOCK_BYTES || text(block, 257, 5) !== "ustar") return null;
  if (!REGULAR.has(String.fromCharCode(block[156]!)) || octal(block, CHECKSUM.start, 8) !== checksumOf(block))
    return null;
  const prefix = text(block, 345, 155);
  const name = prefix === "" ? text(block, 0, 100) : `${prefix}/${text(block, 0, 100)}`;
  const [size, mode] = [octal(block, 124, 12), octal(block, 100, 8)];
  return name === "" || Number.isNaN(size) || Number.isNaN(mode) ? null : { name, size, mode };
}

/** The same header for a file without content. */
export function emptied(block: Buffer): Buffer {
  const copy = Buffer.from(block);
  copy.write("00000000000\0", 124, "latin1");
  copy.write(`${checksumOf(copy).toString(8).padStart(6, "0")}\0 `, CHECKSUM.start, "latin1");
  return copy;
}

/** Zeros that follow a content of that size. */
export function paddingOf(size: number): number {
  return (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
}

/** The sum of all bytes, those of the sum itself counted as blanks. */
function checksumOf(block: Buffer): number {
  let sum = 0;
  for (const [index, byte] of block.entries()) {
    sum += index >= CHECKSUM.start && index < CHECKSUM.end ? 0x20 : byte;
  }
  return sum;
}

function text(block: Buffer, start: number, length: number): string {
  return block.toString("utf8", start, start + length).split("\0", 1)[0]!;
}

function octal(block: Buffer, start: number, length: number): number {
  const digits = block.toString("latin1", start, start + length).replace(/[\0 ]+$/, "");
  return /^ *[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}
