import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BLOB_REFERENCES } from "../../capi/cloud-controller/index.ts";
import type { StateFolder } from "../state-folder.ts";
import type { ArchivedFile } from "./backup-archive.ts";
import { BlobSnapshot } from "./blob-snapshot.ts";
import { snapshotDatabase } from "./database-snapshot.ts";

/**
 * What Diego knows belongs to this machine's containers: after a restore it is made anew from what the Cloud Controller wants. (The
 * real Cloud Foundry's backups leave it out, too.)
 */
const OF_THIS_MACHINE = new Set(["bbs", "locket", "executor"]);
/** The Cloud Controller first: whom and what its rows speak of was there before. */
const ORDER = ["cloud-controller", "uaa"];
const ZONE = "uaa-zone-";
const SINGLE_FILES = ["secrets.json", "ports.json"];
const CA_FILE = /^[a-z][a-z-]*\.(crt|key)$/;

/** What belongs together changed meanwhile: another attempt is needed. */
export class MovedMeanwhileError extends Error {}

export interface StateSnapshot {
  readonly files: readonly ArchivedFile[];
  readonly databases: number;
  readonly blobs: number;
}

/**
 * Copies of everything that a restore needs, of one moment as far as they speak of each other: every blob and zone that a database speaks
 * of is there, and the keys fit what is sealed. `folder` is empty and lies in the state folder. Throws `MovedMeanwhileError`.
 */
export function takeSnapshot(state: StateFolder, folder: string): StateSnapshot {
  const keys = copyKeys(state, join(folder, "keys"));
  const blobs = new BlobSnapshot(state.blobs, join(folder, "blobs"));
  blobs.look();
  const databases = copyDatabases(state.data, join(folder, "data"));
  blobs.look();
  const names = blobs.names();
  requireZones(databases);
  requireBlobs(databases, names?.known ?? new Map());
  for (const { path, source } of keys) {
    // What was sealed with a key that is gone by now would be lost.
    if (!readFileSync(source).equals(readFileSync(join(state.root, path)))) {
      throw new MovedMeanwhileError(`${path} was changed meanwhile`);
    }
  }
  const contents = blobs.contents(new Set(names?.known.values()));
  return {
    files: [
      ...keys,
      ...[...databases].map(([name, source]) => ({ path: `data/${name}.sqlite`, source, size: statSync(source).size })),
      ...(names === null ? [] : [{ path: "blobs/names.sqlite", source: names.path, size: statSync(names.path).size }]),
      ...contents,
    ],
    databases: databases.size,
    blobs: contents.length,
  };
}

function copyKeys(state: StateFolder, folder: string): ArchivedFile[] {
  mkdirSync(join(folder, "ca"), { recursive: true, mode: 0o700 });
  const ca = readdirSync(state.ca).filter((name) => CA_FILE.test(name));
  const paths = [...SINGLE_FILES, ...ca.map((name) => `ca/${name}`)];
  return paths
    .filter((path) => existsSync(join(state.root, path)))
    .map((path) => {
      const source = join(folder, path);
      copyFileSync(join(state.root, path), source);
      return { path, source, size: statSync(source).size };
    });
}

/** By name. */
function copyDatabases(data: string, folder: string): Map<string, string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const copies = new Map<string, string>();
  const names = (): string[] =>
    readdirSync(data)
      .filter((file) => file.endsWith(".sqlite"))
      .map((file) => file.slice(0, -".sqlite".length))
      .filter((name) => !OF_THIS_MACHINE.has(name) && !copies.has(name))
      .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  // Twice: a zone that the UAA's copy speaks of may be a moment younger than the first list.
  for (const name of [...names(), ...names()]) {
    if (copies.has(name)) continue;
    const copy = join(folder, `${name}.sqlite`);
    snapshotDatabase(join(data, `${name}.sqlite`), copy);
    copies.set(name, copy);
  }
  return copies;
}

function rank(name: string): number {
  const at = ORDER.indexOf(name);
  return at < 0 ? ORDER.length : at;
}

function requireZones(databases: ReadonlyMap<string, string>): void {
  const uaa = databases.get("uaa");
  if (uaa === undefined) return;
  for (const { id } of rowsOf(uaa, "SELECT id FROM identity_zones")) {
    if (!databases.has(`${ZONE}${id}`)) throw new MovedMeanwhileError(`the zone ${id} has no database`);
  }
}

function requireBlobs(databases: ReadonlyMap<string, string>, known: ReadonlyMap<string, string>): void {
  const cc = databases.get("cloud-controller");
  if (cc === undefined) return;
  for (const { bucket, key, sha256, owner } of rowsOf(cc, BLOB_REFERENCES)) {
    const content = known.get(`${bucket}/${key}`);
    if (content === undefined) throw new MovedMeanwhileError(`the blob of ${owner} is missing`);
    if (sha256 !== null && content !== sha256) throw new MovedMeanwhileError(`the blob of ${owner} is another one`);
  }
}

function rowsOf(path: string, sql: string): Record<string, string | null>[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare(sql).all() as Record<string, string | null>[];
  } finally {
    db.close();
  }
}
