/** What an archive says of itself in its first entry: enough to refuse it before anything is written. */
export interface BackupHeader {
  readonly format: typeof BACKUP_FORMAT;
  /** Of the program that made it. */
  readonly version: string;
  readonly createdAt: string;
}

export interface BackupFile {
  /** Relative to the state folder. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** The archive's last entry: without it the archive was cut off. */
export interface BackupManifest {
  readonly files: readonly BackupFile[];
}

export const BACKUP_FORMAT = "ingot-backup/1";
export const HEADER_NAME = "ingot-backup.json";
export const MANIFEST_NAME = "manifest.json";

/** An archive that is not one of ours, or not whole; the text says why in a line. */
export class BadBackupError extends Error {}

const CONTENT = /^blobs\/contents\/([0-9a-f]{2})\/([0-9a-f]{64})$/;
const OTHERS = [
  /^secrets\.json$/,
  /^ports\.json$/,
  /^data\/[A-Za-z0-9][A-Za-z0-9_-]{0,180}\.sqlite$/,
  /^blobs\/names\.sqlite$/,
  /^ca\/[a-z][a-z-]{0,60}\.(crt|key)$/,
];

/** The only names that are ever written: nothing that leads out of the state folder is among them. */
export function isBackupPath(path: string): boolean {
  const content = CONTENT.exec(path);
  return content === null ? OTHERS.some((one) => one.test(path)) : content[2]!.startsWith(content[1]!);
}

/** The digest that a blob's content must have, or null for other files. */
export function digestInPath(path: string): string | null {
  return CONTENT.exec(path)?.[2] ?? null;
}

/** Throws `BadBackupError`. */
export function readHeader(text: string): BackupHeader {
  const value = parsed(text, HEADER_NAME) as { format?: unknown; version?: unknown; createdAt?: unknown } | null;
  if (typeof value?.format !== "string" || !value.format.startsWith("ingot-backup/")) {
    throw new BadBackupError("this is no backup of Ingot");
  }
  if (value.format !== BACKUP_FORMAT) {
    throw new BadBackupError(
      `the backup has the format ${value.format.slice(0, 40)}; this program knows ${BACKUP_FORMAT}`,
    );
  }
  return { format: BACKUP_FORMAT, version: String(value.version), createdAt: String(value.createdAt) };
}

/** Throws `BadBackupError`. */
export function readManifest(text: string): BackupManifest {
  const value = parsed(text, MANIFEST_NAME) as { files?: unknown } | null;
  if (!Array.isArray(value?.files)) throw new BadBackupError("its list of files is none");
  const files = value.files as Partial<BackupFile>[];
  for (const file of files) {
    if (typeof file?.path !== "string" || typeof file.size !== "number" || typeof file.sha256 !== "string") {
      throw new BadBackupError("its list of files is none");
    }
  }
  return { files: files as BackupFile[] };
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new BadBackupError(`${name} in it is no JSON`);
  }
}
