import { readFile } from "node:fs/promises";

export interface Mount {
  readonly path: string;
  /** By its own option, whatever its file system is. */
  readonly readOnly: boolean;
}

/** Every mount of this process's namespace, in the order of mounting. proc(5): mountinfo, fields 5 and 6 */
export async function mounts(): Promise<Mount[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8");
  return text.split("\n").flatMap((line) => {
    const [path, options = ""] = line.split(" ").slice(4);
    return path === undefined ? [] : [{ path: unescapeOctal(path), readOnly: options.split(",").includes("ro") }];
  });
}

/** Every mount point, in the order of mounting. */
export async function mountPoints(): Promise<string[]> {
  return (await mounts()).map(({ path }) => path);
}

/** Blanks and such in paths are written as \040. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
