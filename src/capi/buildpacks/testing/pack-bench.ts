/** For tests: our own buildpacks as the platform hands them to a staging, through their archives. */
import { mkdirSync, rmSync } from "node:fs";
import { systemSubprocess } from "../../../kit/subprocess.ts";
import { extractZip } from "../../lifecycle/bundle/zip-extract.ts";
import { buildpackFolderName } from "../../lifecycle/index.ts";
import type { StagingBench } from "../../lifecycle/testing/staging-bench.ts";
import { packBuildpack, systemBuildpacks } from "../index.ts";

const PACK_TIMEOUT_MS = 60_000;

/** Unpacks a system buildpack where the executor puts it. `name` as the folder's. */
export async function addSystemBuildpack(bench: StagingBench, name: string): Promise<void> {
  const buildpack = systemBuildpacks().find((one) => one.name === `${name}_buildpack`)!;
  const archive = bench.path(`${name}.zip`);
  const stripper = { nodePath: process.execPath, subprocess: systemSubprocess() };
  await packBuildpack(buildpack.folder, archive, stripper, AbortSignal.timeout(PACK_TIMEOUT_MS));
  const folder = bench.path("buildpacks", buildpackFolderName(buildpack.name));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await extractZip(archive, folder);
}
