import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Secrets } from "../kit/random.ts";
import { syncFolder } from "./sync-folder.ts";

/** Generated secrets of one Ingot, in one file of mode 0600. */
export interface SecretStore {
  /** The secret of that name; made and written down at the first call. */
  get(name: string, byteCount?: number): string;
  /** Null when there is none of that name; nothing is made. */
  find(name: string): string | null;
  names(): readonly string[];
  /** Sets some and forgets others in one step: on disk when it returns. */
  change(changes: Readonly<Record<string, string | null>>): void;
  /** A secret for people: letters and digits alone, so that it survives command lines and double clicks. */
  password(name: string): string;
}

/** Opens `secrets.json`. Each new secret is on disk before it is handed out. */
export function openSecretStore(folder: string, secrets: Secrets): SecretStore {
  const path = join(folder, "secrets.json");
  let known: Record<string, string> = {};
  try {
    known = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const write = (next: Record<string, string>): void => {
    writeFileDurably(path, `${JSON.stringify(next, null, 2)}\n`, 0o600);
    known = next;
  };
  const get = (name: string, make: () => string): string => {
    const old = known[name];
    if (old !== undefined) return old;
    const made = make();
    write({ ...known, [name]: made });
    return made;
  };
  return {
    get: (name, byteCount = 24) => get(name, () => secrets.token(byteCount)),
    find: (name) => known[name] ?? null,
    names: () => Object.keys(known),
    change: (changes) => {
      const next = { ...known };
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) delete next[name];
        else next[name] = value;
      }
      write(next);
    },
    // Of 32 random base64url characters at most a few are `-` or `_`; 20 others always remain in practice.
    password: (name) => get(name, () => secrets.token(32).replace(/[-_]/g, "").slice(0, 20)),
  };
}

/** Writes beside, syncs, renames: the file is old or new, never half, and the new one outlives a loss of power. */
export function writeFileDurably(path: string, content: string, mode: number): void {
  const beside = `${path}.new`;
  const file = openSync(beside, "w", mode);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
  syncFolder(dirname(path));
}
