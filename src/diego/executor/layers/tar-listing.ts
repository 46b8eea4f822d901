/** The archive holds what a layer may not have. Nothing is lost: it can still be unpacked inside the container. */
export class UnsafeArchiveError extends Error {}

const BLOCK = 4096;
/** Folders that the archive names only as a part of other names. */
const IMPLIED = /^d\S* +Creating directory: /;
const LINE = /^(.)\S* +\S+ +(\S+) +\S+ +\S+ (.*)$/;

/**
 * Disk space, in bytes, of one entry as GNU tar lists it (`tar -xvv --numeric-owner --quoting-style=escape`), in whole
 * blocks: the sum does not depend on the machine's file system. Throws `UnsafeArchiveError` for devices, pipes and names
 * that lead out. (tar by itself strips or refuses such names and makes links that lead out last; here they are no layer.)
 */
export function listedBytes(line: string): number {
  if (IMPLIED.test(line)) return BLOCK;
  const match = LINE.exec(line);
  if (match === null) throw new UnsafeArchiveError(`tar says: ${line.slice(0, 200)}`);
  const [, type, size, name] = match as unknown as [string, string, string, string];
  if (name.startsWith("/") || /(^|\/)\.\.(\/|$)/.test(nameOf(type, name))) {
    throw new UnsafeArchiveError(`the name ${name.slice(0, 200)} leads out of the archive`);
  }
  switch (type) {
    case "-":
    case "C":
      return blocksOf(Number(size));
    case "d":
    case "l":
    case "h":
      return BLOCK;
    default:
      throw new UnsafeArchiveError(`an entry of type ${type}: ${name.slice(0, 200)}`);
  }
}

/** Disk space of a file, with its inode if it is empty. */
export function blocksOf(size: number): number {
  return BLOCK * Math.max(1, Math.ceil(size / BLOCK));
}

/** Links are listed with what they point at, which may lie anywhere: it is looked up in the container. */
function nameOf(type: string, text: string): string {
  const separator = type === "l" ? " -> " : type === "h" ? " link to " : null;
  return separator === null ? text : text.split(separator, 1)[0]!;
}
