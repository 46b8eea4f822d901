import { existsSync, linkSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../../kit/clock.ts";
import { rowsLieInPostgres } from "../database-choice.ts";
import type { StateFolder } from "../state-folder.ts";
import { syncFolder } from "../sync-folder.ts";
import { ingotVersion } from "../version.ts";
import { writeArchive } from "./backup-archive.ts";
import { BACKUP_FORMAT } from "./backup-manifest.ts";
import { partialPath } from "./partial-path.ts";
import { MovedMeanwhileError, type StateSnapshot, takeSnapshot } from "./take-snapshot.ts";

/** A push or a rotation takes seconds; nothing moves all the time. */
const ATTEMPTS_MAX = 5;
const AGAIN_AFTER_MS = 1_000;

/** There is no backup; the text says why in a line. */
export class BackupError extends Error {}

export interface BackupReport {
  readonly bytes: number;
  readonly databases: number;
  readonly blobs: number;
  /** Contents that are not what they were: a restore leaves them out. */
  readonly damaged: readonly string[];
}

/**
 * Writes the whole state into the new file `target`, while a platform may be at work on it: it notices nothing but reads. The file is
 * whole and on disk when this resolves; before, it has another name. Throws `BackupError`.
 */
export async function backUp(
  state: StateFolder,
  target: string,
  deps: { readonly clock: Clock },
  signal: AbortSignal,
): Promise<BackupReport> {
  if (existsSync(target)) throw new BackupError(`${target} exists already`);
  if (!existsSync(dirname(target))) throw new BackupError(`${dirname(target)} does not exist`);
  if (!existsSync(join(state.root, "secrets.json"))) throw new BackupError(`there is no Ingot in ${state.root}`);
  if (rowsLieInPostgres(state)) {
    throw new BackupError(
      `the rows of ${state.root} lie in PostgreSQL: take them with pg_dump, then copy secrets.json, ca/ and blobs/ of the state folder`,
    );
  }
  const partial = partialPath(target);
  const folder = partialPath(join(state.tmp, "backup"));
  try {
    const snapshot = await settled(state, folder, deps.clock, signal);
    const header = {
      format: BACKUP_FORMAT,
      version: ingotVersion(),
      createdAt: new Date(deps.clock.nowMs()).toISOString(),
    } as const;
    const { bytes, damaged } = await writeArchive(partial, header, snapshot.files, signal);
    try {
      linkSync(partial, target); // unlike a rename, never over somebody else's file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new BackupError(`${target} exists already`);
      throw error;
    }
    syncFolder(dirname(target));
    return { bytes, databases: snapshot.databases, blobs: snapshot.blobs, damaged };
  } finally {
    rmSync(partial, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

async function settled(state: StateFolder, folder: string, clock: Clock, signal: AbortSignal): Promise<StateSnapshot> {
  for (let attempt = 1; ; attempt++) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    try {
      return takeSnapshot(state, folder);
    } catch (error) {
      if (!(error instanceof MovedMeanwhileError)) throw error;
      if (attempt === ATTEMPTS_MAX) {
        throw new BackupError(`${error.message}; see ./ingot admin check`);
      }
    }
    await clock.sleep(AGAIN_AFTER_MS, signal);
  }
}
