import { createWriteStream } from "node:fs";
import { readFile, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  type ContainerFile,
  containerContents,
  containerFiles,
  type TypeStripper,
  yamlLibrary,
} from "../lifecycle/index.ts";

/** Fixed, so that equal buildpacks have equal archives. */
const MODIFIED = new Date("2020-01-01T00:00:00Z");

/** Everything that a buildpack's archive holds, under the names it has there. */
export async function buildpackFiles(folder: string): Promise<ContainerFile[]> {
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  const own = (await containerFiles(folder)).map((file) =>
    file.to.startsWith("bin/") || file.to === "VERSION" ? file : { ...file, to: `${name}/${file.to}` },
  );
  const shared = await containerFiles(join(dirname(folder), "stager"));
  const yamlDir = dirname(createRequire(import.meta.url).resolve("yaml/package.json"));
  return [
    ...own,
    ...shared.map((file) => ({ ...file, to: `stager/${file.to}` })),
    ...((await usesYaml(own)) ? await yamlLibrary(yamlDir) : []),
  ];
}

/**
 * Writes the archive of a system buildpack to `path`: `bin/` at its root, its program beside the shared stager, types
 * stripped. The bytes depend on the contents alone. Leaves nothing behind when it fails.
 */
export async function packBuildpack(
  folder: string,
  path: string,
  stripper: TypeStripper,
  signal: AbortSignal,
): Promise<void> {
  const { ZipFile } = await import("yazl");
  const files = await buildpackFiles(folder);
  const contents = await containerContents(files, stripper, signal);
  const zip = new ZipFile();
  const add = (bytes: Buffer, name: string, executable: boolean): void =>
    zip.addBuffer(bytes, name, { mtime: MODIFIED, mode: executable ? 0o100755 : 0o100644 });
  for (const [at, file] of files.entries()) add(contents[at]!, file.to, file.executable);
  add(Buffer.from('{"type":"module"}\n'), "package.json", false);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(`${path}.partial`), { signal });
  await rename(`${path}.partial`, path);
}

async function usesYaml(files: readonly ContainerFile[]): Promise<boolean> {
  for (const file of files) {
    if (file.from.endsWith(".ts") && /from "yaml"/.test(await readFile(file.from, "utf8"))) return true;
  }
  return false;
}
