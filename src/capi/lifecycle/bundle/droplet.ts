import { availableParallelism } from "node:os";
import { GzipBlocks } from "./gzip-blocks.ts";
import { type TarRoot, writeTarTree } from "./tar-tree.ts";

/** Fast rather than small: the archive mostly travels inside one machine. */
const LEVEL = 1;
const PARALLEL_MAX = 4;

/** Writes a `.tgz` of the folders. See `writeTarTree` for what happens to links into `runtimesDir`. */
export async function writeArchive(path: string, roots: readonly TarRoot[], runtimesDir: string): Promise<void> {
  const gz = new GzipBlocks(path, { level: LEVEL, parallel: Math.min(availableParallelism(), PARALLEL_MAX) });
  try {
    await writeTarTree(gz, roots, runtimesDir, LEVEL);
  } finally {
    await gz.end();
  }
}
