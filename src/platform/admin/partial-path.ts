import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isAlive, processIdentity } from "../../kit/process-identity.ts";

const PARTIAL = /\.ingot-(\d+)-(\d+)\.partial$/;

/** Removes what killed processes left half done in `folder`, of names that begin with `start`. */
export function removeDeadPartials(folder: string, start = "."): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(start)) continue;
    const [, pid, startTicks] = PARTIAL.exec(name) ?? [];
    if (pid === undefined || startTicks === undefined) continue;
    if (!isAlive({ pid: Number(pid), startTicks })) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * A hidden name beside `path` for what is not whole yet; it carries this process, so that a later one knows whether somebody still
 * works on it. Names like this that a killed process left in the same folder, for the same path, are removed.
 */
export function partialPath(path: string): string {
  const folder = dirname(path);
  const start = `.${basename(path)}.`;
  removeDeadPartials(folder, start);
  const self = processIdentity(process.pid)!;
  return join(folder, `${start}ingot-${self.pid}-${self.startTicks}.partial`);
}
