import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";

/** A file for use inside containers: where it is here, what it is called there. */
export interface ContainerFile {
  readonly from: string;
  readonly to: string;
  /** Runs by itself: mode 0755 instead of 0644. */
  readonly executable: boolean;
}

/** Reads sources of programs for containers as JavaScript. */
export interface TypeStripper {
  readonly nodePath: string;
  readonly subprocess: Subprocess;
}

// In a process of its own: the function warns about being experimental, and 30 files need 100 ms.
const STRIP_PROGRAM = `
  const { stripTypeScriptTypes } = require("node:module");
  const sources = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify(sources.map((source) => stripTypeScriptTypes(source))));
`;
const STRIPPED_MAX_BYTES = 16_777_216;

/**
 * The bytes of each file as it goes into a container. Types are stripped here, once, because Node would load its
 * stripper at each start there (30 ms); imports of `./x.ts` then name `./x.js`.
 */
export async function containerContents(
  files: readonly ContainerFile[],
  stripper: TypeStripper,
  signal: AbortSignal,
): Promise<Buffer[]> {
  const contents = await Promise.all(files.map((file) => readFile(file.from)));
  const typed = files.flatMap((file, at) => (file.from.endsWith(".ts") ? [at] : []));
  if (typed.length === 0) return contents;
  const args = ["--disable-warning=ExperimentalWarning", "-e", STRIP_PROGRAM];
  const input = JSON.stringify(typed.map((at) => contents[at]!.toString()));
  const result = await runChecked(stripper.subprocess, stripper.nodePath, args, {
    input,
    signal,
    outputMax: STRIPPED_MAX_BYTES,
  });
  const stripped = JSON.parse(result.stdout) as string[];
  for (const [order, at] of typed.entries()) contents[at] = Buffer.from(nameJavaScript(stripped[order]!));
  return contents;
}

/** Imports of our own `.ts` files as `.js`. */
export function nameJavaScript(source: string): string {
  return source.replace(/(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)"(\.[^"\n]*)\.ts"/g, '$1"$2.js"');
}

/** All files below a folder but tests and documents; `.ts` become `.js`. Files without extension are programs. */
export async function containerFiles(folder: string, prefix = ""): Promise<ContainerFile[]> {
  const files: ContainerFile[] = [];
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) {
      if (entry.name !== "fixtures") files.push(...(await containerFiles(folder, path)));
    } else if (!/\.(test|d)\.ts$|\.md$/.test(entry.name)) {
      const executable = !entry.name.includes(".") && !/^[A-Z]+$/.test(entry.name);
      files.push({ from: join(folder, path), to: path.replace(/\.ts$/, ".js"), executable });
    }
  }
  return files;
}

/** What of the YAML library a container needs: its CommonJS build, as `node_modules/yaml`. */
export async function yamlLibrary(yamlDir: string): Promise<ContainerFile[]> {
  const dist = (await containerFiles(yamlDir, "dist")).filter((file) => file.to.endsWith(".js"));
  const named = [...dist, { from: join(yamlDir, "package.json"), to: "package.json", executable: false }];
  return named.map((file) => ({ ...file, to: `node_modules/yaml/${file.to}` }));
}

/** Writes the files below a folder. */
export async function writeContainerFiles(
  files: readonly ContainerFile[],
  folder: string,
  stripper: TypeStripper,
  signal: AbortSignal,
): Promise<void> {
  const contents = await containerContents(files, stripper, signal);
  for (const [at, file] of files.entries()) {
    const target = join(folder, file.to);
    await mkdir(dirname(target), { recursive: true });
    if (file.from.endsWith(".ts")) await writeFile(target, contents[at]!, { mode: 0o644 });
    else await copyFile(file.from, target);
    await chmod(target, file.executable ? 0o755 : 0o644);
  }
}
