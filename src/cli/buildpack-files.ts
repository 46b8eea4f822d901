import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import type { Cli } from "./cli.ts";
import { CliError } from "./errors.ts";
import { existing } from "./flag-values.ts";
import { gatherWholeFolder } from "./push/app-files.ts";
import { sendForm, writeZip } from "./push/upload.ts";

const REDIRECTS_MAX = 5;

/** A file to upload; its folder of temporary things goes when it is disposed. */
export interface BuildpackFile extends AsyncDisposable {
  readonly path: string;
}

/** Throws `UsageError` for a path that is not there; an address is looked at later. cli: flag/path.go */
export async function requireBuildpackPath(cli: Cli, path: string): Promise<void> {
  if (!isAddress(path)) await existing(cli.deps.cwd, path);
}

/** A file as it is, a folder as a zip, an address downloaded. cli: actor/v7action/buildpack.go, PrepareBuildpackBits */
export async function buildpackFile(cli: Cli, path: string): Promise<BuildpackFile> {
  const full = resolve(cli.deps.cwd, path);
  const isFolder = !isAddress(path) && (await stat(full)).isDirectory();
  if (!isAddress(path) && (extname(path) === ".zip" || !isFolder)) {
    return { path: full, [Symbol.asyncDispose]: async () => undefined };
  }
  if (isFolder && (await readdir(full)).length === 0) {
    throw new CliError(`The specified path '${path}' cannot be an empty directory.`);
  }
  const folder = await mkdtemp(join(cli.deps.tempDir, "ingot-buildpack-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, isFolder ? `${basename(full)}.zip` : basename(new URL(path).pathname) || "buildpack.zip");
    if (isFolder) await writeZip(file, await gatherWholeFolder(full));
    else await download(cli, path, file);
    return { path: file, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function isAddress(path: string): boolean {
  return /^https?:\/\//.test(path);
}

async function download(cli: Cli, address: string, file: string): Promise<void> {
  let url = new URL(address);
  for (let hop = 0; hop < REDIRECTS_MAX; hop++) {
    const answer = await cli.http.download({ method: "GET", url: url.href, headers: { accept: "*/*" } }, file);
    if (answer.status >= 400) {
      throw new CliError(
        `Download attempt failed; server returned ${answer.status} ${answer.statusText}\nUnable to install; buildpack is not available from the given URL.`,
      );
    }
    if (answer.status < 300 || answer.headers.location === undefined) return;
    url = new URL(answer.headers.location, url);
  }
  throw new CliError(`Download attempt failed; too many redirects from ${address}`);
}

/** Uploads a buildpack's file and waits until the platform has read it. */
export async function uploadBuildpack(
  cli: Cli,
  userName: string,
  buildpack: { readonly guid: string; readonly name: string },
  file: BuildpackFile,
): Promise<void> {
  const { ui, cc } = cli;
  ui.flavor`Uploading buildpack ${buildpack.name} as ${userName}...`;
  const answer = await sendForm(cli, `/v3/buildpacks/${buildpack.guid}/upload`, null, file.path);
  ui.ok();
  ui.flavor`Processing uploaded buildpack ${buildpack.name}...`;
  await cc.waitForJob(answer);
  ui.ok();
}
