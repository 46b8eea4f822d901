import { readFile } from "node:fs/promises";

/** Every mount point of this process's namespace, in the order of mounting. proc(5): mountinfo, field 5 */
export async function mountPoints(): Promise<string[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8");
  return text.split("\n").flatMap((line) => {
    const path = line.split(" ")[4];
    return path === undefined ? [] : [unescapeOctal(path)];
  });
}

/** Blanks and such in paths are written as \040. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
