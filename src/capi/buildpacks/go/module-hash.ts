import { createHash } from "node:crypto";
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * The hash of a module's files as go.sum has it: `h1:` and the base64 of the SHA-256 of a list with the SHA-256 and name of each file, ordered
 * by name. Names begin with `prefix/`. Go: golang.org/x/mod/sumdb/dirhash.
 */
export async function moduleHash(folder: string, prefix: string): Promise<string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  // Go orders by bytes, not by the units of UTF-16.
  const ordered = names.map((name) => Buffer.from(`${prefix}/${name}`)).sort(Buffer.compare);
  const list = createHash("sha256");
  for (const name of ordered) {
    const file = createHash("sha256");
    const path = join(folder, name.toString().slice(prefix.length + 1));
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) file.update(chunk as Buffer);
    list.update(`${file.digest("hex")}  ${name.toString()}\n`);
  }
  return `h1:${list.digest("base64")}`;
}
