import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CommandFailed, runQuiet, runShown } from "../stager/command.ts";
import type { BuildpackLog } from "../stager/log.ts";
import type { Environment, Stager } from "../stager/stager.ts";
import { type AppFiles, type BuildPlan, npmSources } from "./build-plan.ts";
import type { PackageJson } from "./package-json.ts";

export interface InstallContext {
  readonly stager: Stager;
  readonly log: BuildpackLog;
  readonly plan: BuildPlan;
  readonly app: PackageJson;
  readonly files: AppFiles;
  /** The environment for package managers: search path, defaults, headers. */
  readonly env: Environment;
}

/** Installs packages and runs the app's build scripts. Throws `CommandFailed` as soon as one fails. */
export async function installDependencies(context: InstallContext): Promise<void> {
  const { log, plan, stager } = context;
  log.step("Building dependencies");
  if (plan.nothingToDo) {
    log.info(context.files.packageJson ? "Skipping (no dependencies)" : "Skipping (no package.json)");
    return;
  }
  await runScript(context, "heroku-prebuild");
  if (plan.tool === "yarn") await installWithYarn(context);
  else if (plan.tool === "pnpm") await installWithPnpm(context);
  else if (plan.vendored) await rebuildWithNpm(context);
  else await installWithNpm(context);
  await runScript(context, "heroku-postbuild");
  if (plan.moveModules) moveModules(stager);
}

async function runScript({ app, log, plan, stager, env }: InstallContext, script: string): Promise<void> {
  if (!(script in app.scripts)) return;
  log.info(`Running ${script} (${plan.tool})`);
  const args = ["run", script, ...(plan.tool === "npm" ? ["--if-present"] : [])];
  await runShown(plan.tool, args, { cwd: stager.buildDir, env });
}

function npmArgs({ stager, plan }: InstallContext): string[] {
  return [
    "--userconfig",
    stager.app(".npmrc"),
    "--cache",
    join(stager.cacheDir, ".npm"),
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    ...(plan.includeDev ? ["--include=dev"] : ["--omit=dev"]),
  ];
}

async function installWithNpm(context: InstallContext): Promise<void> {
  const { log, files, stager, env } = context;
  log.info(`Installing node modules (${npmSources(files)})`);
  const args = npmArgs(context);
  if (files.packageLock || files.shrinkwrap) {
    try {
      // With a lock file nothing needs to be asked from the registry but what the cache lacks.
      await runShown("npm", ["ci", "--prefer-offline", ...args], { cwd: stager.buildDir, env });
      return;
    } catch (error) {
      if (!(error instanceof CommandFailed) || !/EUSAGE/.test(error.output)) throw error;
      log.warning("package.json and its lock file do not agree; installing what package.json asks for");
    }
  }
  await runShown("npm", ["install", ...args], { cwd: stager.buildDir, env });
}

async function rebuildWithNpm(context: InstallContext): Promise<void> {
  const { log, files, stager, env } = context;
  log.info("Prebuild detected (node_modules already exists)");
  log.info("Rebuilding any native modules");
  await runShown("npm", ["rebuild", ...npmArgs(context)], { cwd: stager.buildDir, env });
  log.info(`Installing any new modules (${npmSources(files)})`);
  await runShown("npm", ["install", "--prefer-offline", ...npmArgs(context)], { cwd: stager.buildDir, env });
}

async function installWithYarn(context: InstallContext): Promise<void> {
  const { log, stager, env, plan } = context;
  const options = { cwd: stager.buildDir, env };
  log.info("Installing node modules (yarn.lock)");
  const version = (await runQuiet("yarn", ["--version"], options)).trim();
  if (!version.startsWith("1.")) {
    const linker = readFileIfThere(stager.app(".yarnrc.yml"))?.includes("nodeLinker") ? {} : NODE_MODULES_LINKER;
    const berry = {
      cwd: stager.buildDir,
      env: { ...env, ...linker, YARN_CACHE_FOLDER: join(stager.cacheDir, ".cache/yarn") },
    };
    await runShown("yarn", ["install", "--immutable"], berry);
    if (!plan.includeDev && context.app.devDependencies > 0) {
      await runShown("yarn", ["workspaces", "focus", "--all", "--production"], berry);
    }
    return;
  }
  const mirror = stager.app("npm-packages-offline-cache");
  const offline = existsSync(mirror);
  if (offline) {
    log.info(`Found yarn mirror directory ${mirror}`);
    log.info("Running yarn in offline mode");
    await runQuiet("yarn", ["config", "set", "yarn-offline-mirror", mirror], options);
    await runQuiet("yarn", ["config", "set", "yarn-offline-mirror-pruning", "false"], options);
  } else {
    log.info("Running yarn in online mode");
    log.info("To run yarn in offline mode, see: https://yarnpkg.com/blog/2016/11/24/offline-mirror");
  }
  const cache = join(stager.cacheDir, ".cache/yarn");
  const flags = ["--pure-lockfile", "--ignore-engines", "--cache-folder", cache, "--check-files", "--non-interactive"];
  const dev = `--production=${plan.includeDev ? "false" : "true"}`;
  await runShown("yarn", ["install", ...flags, dev, ...(offline ? ["--offline"] : [])], options);
  if (offline) rmSync(mirror, { recursive: true, force: true });
}

/** Plug'n'Play would need a loader in the start command. */
const NODE_MODULES_LINKER = { YARN_NODE_LINKER: "node-modules" };

async function installWithPnpm(context: InstallContext): Promise<void> {
  const { log, stager, files, plan, env } = context;
  log.info(`Installing node modules (${files.pnpmLock ? "pnpm-lock.yaml" : "package.json"})`);
  const args = [
    "install",
    ...(files.pnpmLock ? ["--frozen-lockfile"] : []),
    ...(plan.includeDev ? ["--prod=false"] : ["--prod"]),
    "--store-dir",
    join(stager.cacheDir, ".pnpm-store"),
    "--package-import-method=copy", // hard links into the cache would follow neither droplet nor cache archive
    "--reporter=append-only",
  ];
  await runShown("pnpm", args, { cwd: stager.buildDir, env });
}

/** The app's folder stays as it was pushed; the profile script links node_modules back when the app starts. */
function moveModules(stager: Stager): void {
  const from = stager.app("node_modules");
  if (!existsSync(from)) return;
  const to = join(stager.depDir, "node_modules");
  renameSync(from, to);
  stager.writeEnvFile("NODE_PATH", to);
}

function readFileIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}
