import { readFileSync } from "node:fs";

/** A YAML text as data. JSON, which most of our own buildpacks print, needs no YAML library (20 ms to load). */
export async function parseYaml(text: string): Promise<unknown> {
  if (/^\s*[{[]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // Flow style that is no JSON: the library knows.
    }
  }
  const { parse } = await import("yaml");
  return parse(text, { uniqueKeys: false, maxAliasCount: 100 });
}

/** Undefined when there is no such file. */
export async function readYaml(path: string): Promise<unknown> {
  const text = readIfThere(path);
  return text === null ? undefined : await parseYaml(text);
}

export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
