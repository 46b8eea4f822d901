import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity, processIdentity } from "../kit/process-identity.ts";

/** Another Ingot runs on this state folder. */
export class AlreadyRunningError extends Error {
  readonly holder: ProcessIdentity;
  constructor(holder: ProcessIdentity, folder: string) {
    super(`Ingot already runs on ${folder} (pid ${holder.pid}); stop it with: ./ingot down --state ${folder}`);
    this.holder = holder;
  }
}

const FILE = "ingot.lock";
const ATTEMPTS_MAX = 5;

/** Who runs on this state folder, or null. */
export function lockHolder(folder: string): ProcessIdentity | null {
  try {
    const holder = JSON.parse(readFileSync(join(folder, FILE), "utf8")) as ProcessIdentity;
    return isAlive(holder) ? holder : null;
  } catch {
    return null;
  }
}

/**
 * Takes the folder for this process until disposed. A lock whose owner died (kill -9) is taken over: the link is atomic,
 * so of two that start at once one wins. Throws `AlreadyRunningError`.
 */
export function takeInstanceLock(folder: string): Disposable {
  const path = join(folder, FILE);
  const self = processIdentity(process.pid)!;
  const mine = join(folder, `${FILE}.${process.pid}`);
  writeFileSync(mine, JSON.stringify(self), { mode: 0o600 });
  try {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      try {
        linkSync(mine, path);
        return {
          [Symbol.dispose]: () => {
            if (lockHolder(folder)?.startTicks === self.startTicks) rmSync(path, { force: true });
          },
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = lockHolder(folder);
      if (holder !== null) throw new AlreadyRunningError(holder, folder);
      // Stale: move it aside first, so that only one of several starters removes that very file.
      const aside = `${path}.stale.${process.pid}`;
      try {
        renameSync(path, aside);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
      rmSync(aside, { force: true });
    }
    throw new Error(`the lock of ${folder} changes hands too often`);
  } finally {
    rmSync(mine, { force: true });
  }
}
