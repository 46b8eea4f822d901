/** One entry of a zip archive, as its central directory says. */
export interface ZipEntryFacts {
  readonly name: string;
  readonly uncompressedSize: number;
  /** Unix mode with file type; 0 when the archive has none. */
  readonly mode: number;
}

/** Linux: PATH_MAX and NAME_MAX. */
const PATH_BYTES_MAX = 4095;
const NAME_BYTES_MAX = 255;
export const SYMLINK_TARGET_BYTES_MAX = 4095;

const FILE_TYPE = 0o170000;
// A map, not an object: the formatter rewrites octal keys to other numbers.
const KINDS: ReadonlyMap<number, "file" | "folder" | "symlink"> = new Map([
  [0, "file"],
  [0o100000, "file"],
  [0o040000, "folder"],
  [0o120000, "symlink"],
]);

/** Null for what may not be in an app: devices, sockets, pipes. */
export function entryKind(entry: Pick<ZipEntryFacts, "name" | "mode">): "file" | "folder" | "symlink" | null {
  if (entry.name.endsWith("/")) return "folder";
  return KINDS.get(entry.mode & FILE_TYPE) ?? null;
}

/** What is wrong with the entry, as text for the user; null when it may be unpacked. */
export function entryFault(entry: ZipEntryFacts): string | null {
  const { name } = entry;
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  if (name === "" || name.includes("\0")) return `invalid file name ${shown}`;
  if (name.startsWith("/") || /^[a-z]:/i.test(name) || name.includes("\\")) return `absolute or foreign path ${shown}`;
  const segments = name.replace(/\/$/, "").split("/");
  if (segments.includes("..")) return `path leaves the archive: ${shown}`;
  if (Buffer.byteLength(name) > PATH_BYTES_MAX) return `path too long: ${shown}`;
  if (segments.some((segment) => Buffer.byteLength(segment) > NAME_BYTES_MAX)) return `file name too long: ${shown}`;
  if (entryKind(entry) === null) return `not a file, folder or link: ${shown}`;
  if (entryKind(entry) === "symlink" && entry.uncompressedSize > SYMLINK_TARGET_BYTES_MAX) {
    return `link target too long: ${shown}`;
  }
  return null;
}

/** What is wrong with a symbolic link; null when its target stays inside the archive. */
export function symlinkFault(name: string, target: string): string | null {
  const outside = `symbolic link leaves the archive: ${JSON.stringify(name)}`;
  if (target === "" || target.includes("\0") || target.startsWith("/")) return outside;
  let depth = name.split("/").filter((segment) => segment !== "" && segment !== ".").length - 1;
  for (const segment of target.split("/")) {
    if (segment === "" || segment === ".") continue;
    depth += segment === ".." ? -1 : 1;
    if (depth < 0) return outside;
  }
  return null;
}
