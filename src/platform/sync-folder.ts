import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes new and renamed entries of a folder outlive a loss of power. */
export function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
