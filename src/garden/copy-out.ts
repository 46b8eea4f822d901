import { open, rm, stat } from "node:fs/promises";
import type { Subprocess } from "../kit/subprocess.ts";
import type { Backend } from "./backend.ts";
import type { ContainerRecord } from "./container-record.ts";
import { GardenError } from "./errors.ts";
import { fromHome } from "./tar-stream.ts";

/**
 * The program inside writes into a pipe. Holding the file itself, a tenant could reserve disk space through it, or change
 * it when others rely on it already.
 */
const SCRIPT = 'set -o pipefail; file=$1 max=$2; shift 2; "$@" | head -c "$max" > "$file"';
/** bash: the reader has seen enough. */
const SIGPIPE_CODE = 141;

/** See `GardenClient.copyOut`. */
export async function copyOut(
  backend: Backend,
  record: ContainerRecord,
  folder: string,
  from: { readonly path: string; readonly user: string },
  to: { readonly file: string; readonly bytesMax: number },
  subprocess: Subprocess,
  signal: AbortSignal,
): Promise<number | null> {
  const path = backend.innerPath(record, fromHome(from), folder);
  const command = await backend.toolCommand(record, from.user, ["/bin/cat", "--", path], folder);
  const args = ["-c", SCRIPT, "copy-out", to.file, String(to.bytesMax + 1), ...command];
  const created = await open(to.file, "wx", 0o600);
  await created.close();
  try {
    const { code, stderr } = await subprocess.run("bash", args, { signal });
    const { size } = await stat(to.file);
    if (size > to.bytesMax) {
      await rm(to.file);
      return null;
    }
    if (code !== 0 && code !== SIGPIPE_CODE) throw new GardenError("failed", `copy of ${from.path}: ${stderr.trim()}`);
    return size;
  } catch (error) {
    await rm(to.file, { force: true });
    throw error;
  }
}
