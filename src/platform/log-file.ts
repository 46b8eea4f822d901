import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

export interface LogFile extends Disposable {
  /** Appends; what was written survives kill -9 of this process. Drops the line when the disk takes none. */
  write(line: string): void;
}

/** A log of at most twice `bytesMax`: a full file becomes `PATH.1`, in place of an older one, and a new one begins. */
export function openLogFile(path: string, bytesMax: number): LogFile {
  const open = (): number => openSync(path, "a", 0o600);
  let file: number | null = open();
  let size = fstatSync(file).size;
  return {
    write: (line) => {
      if (file === null) return;
      try {
        if (size > bytesMax) {
          closeSync(file);
          renameSync(path, `${path}.1`);
          file = open();
          size = 0;
        }
        size += writeSync(file, line);
      } catch {
        // A full disk must not end the platform.
      }
    },
    [Symbol.dispose]: () => {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}
