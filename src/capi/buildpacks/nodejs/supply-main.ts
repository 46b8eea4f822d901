/** supply: puts Node, a package manager and the app's packages into the dependency folder. See ../README.md. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CommandFailed, runQuiet } from "../stager/command.ts";
import { BuildpackLog } from "../stager/log.ts";
import { npmConfig } from "../stager/npm-config.ts";
import { NpmRegistry } from "../stager/npm-package.ts";
import { type Environment, Stager } from "../stager/stager.ts";
import { newestMatching } from "../stager/version-range.ts";
import { type AppFiles, type BuildPlan, planBuild, startCommand } from "./build-plan.ts";
import { installDependencies } from "./install-dependencies.ts";
import { chooseNodeVersion, defaultNpmVersion, nodeVersionWarnings, rangeOfNvmrc } from "./node-version.ts";
import { NO_PACKAGE_JSON, type PackageJson, parsePackageJson } from "./package-json.ts";
import { DEFAULT_ENVIRONMENT, profileScript } from "./runtime-environment.ts";
import { Toolchain } from "./toolchain.ts";

const log = new BuildpackLog();
const VERSION = readFileSync(join(dirname(import.meta.dirname), "VERSION"), "utf8").trim();

/** Ends this staging; the message was not shown yet. */
class SupplyFailed extends Error {}

async function supply(stager: Stager, startEnv: Environment): Promise<void> {
  log.step(`Nodejs Buildpack version ${VERSION}`);
  const env = stager.stagingEnvironment(startEnv);
  const registry = new NpmRegistry(npmConfig(stager.buildDir, env));
  const toolchain = new Toolchain(stager, log, registry, env["INGOT_RUNTIMES"] ?? "/tmp/lifecycle/runtimes", env);

  log.step("Installing binaries");
  const files = lookAround(stager);
  const app = readPackageJson(stager, files);
  const plan = planBuild(app, files, env);
  const nodeVersion = await installNode(stager, toolchain, app, plan, env);
  await installPackageManager(toolchain, app, files, plan, nodeVersion, env, stager);

  log.step("Creating runtime environment");
  for (const [name, value] of Object.entries(DEFAULT_ENVIRONMENT)) {
    if (env[name]) continue;
    stager.writeEnvFile(name, value);
    env[name] = value;
  }
  stager.writeEnvFile("NODE_HOME", toolchain.nodeDir);
  env["NODE_HOME"] = toolchain.nodeDir;
  stager.writeProfileScript("node.sh", profileScript(stager.depsIndex, app));
  giveTips(files, app, plan);
  listConfiguration(env);

  // The rule about devDependencies goes to npm as a flag; the old setting makes it complain.
  const toolEnv = { ...env };
  delete toolEnv["NPM_CONFIG_PRODUCTION"];
  delete toolEnv["INGOT_NODE"];
  delete toolEnv["INGOT_RUNTIMES"];
  await installDependencies({ stager, log, plan, app, files, env: toolEnv });
  stager.writeConfigYml("nodejs", VERSION);
  toolchain.cleanCache();
}

function lookAround(stager: Stager): AppFiles {
  const has = (name: string): boolean => existsSync(stager.app(name));
  return {
    packageJson: has("package.json"),
    packageLock: has("package-lock.json"),
    shrinkwrap: has("npm-shrinkwrap.json"),
    yarnLock: has("yarn.lock"),
    pnpmLock: has("pnpm-lock.yaml"),
    nodeModules: has("node_modules"),
    serverJs: has("server.js"),
    procfile: has("Procfile"),
  };
}

function readPackageJson(stager: Stager, files: AppFiles): PackageJson {
  if (!files.packageJson) {
    log.warning("No package.json found");
    return NO_PACKAGE_JSON;
  }
  try {
    const app = parsePackageJson(readFileSync(stager.app("package.json"), "utf8"));
    log.info(`engines.node (package.json): ${app.engines.node || "unspecified"}`);
    log.info(`engines.npm (package.json): ${app.engines.npm || "unspecified (use default)"}`);
    return app;
  } catch (error) {
    throw new SupplyFailed(`Unable to load package.json: ${(error as Error).message}`);
  }
}

async function installNode(
  stager: Stager,
  toolchain: Toolchain,
  app: PackageJson,
  plan: BuildPlan,
  env: Environment,
): Promise<string> {
  let range = app.engines.node;
  try {
    const nvmrc = existsSync(stager.app(".nvmrc")) ? readFileSync(stager.app(".nvmrc"), "utf8") : "";
    const fromNvmrc = nvmrc.trim() === "" ? "" : rangeOfNvmrc(nvmrc);
    for (const warning of nodeVersionWarnings(app.engines.node, nvmrc)) log.warning(warning);
    if (range === "") range = fromNvmrc;
  } catch (error) {
    throw new SupplyFailed(`Unable to load .nvmrc: ${(error as Error).message}`);
  }
  try {
    const version = await chooseNodeVersion(range, {
      onPlatform: toolchain.onPlatform("node"),
      inRegistry: () => toolchain.nodeInRegistry(),
    });
    const headers = await toolchain.installNode(version, !plan.nothingToDo);
    if (headers !== null) env["npm_config_nodedir"] = headers;
    // First, for a stack may have a Node of its own.
    env["PATH"] = [join(stager.depDir, "bin"), env["PATH"]].filter(Boolean).join(":");
    const lib = join(stager.depDir, "lib");
    if (existsSync(lib)) env["LD_LIBRARY_PATH"] = [lib, env["LD_LIBRARY_PATH"]].filter(Boolean).join(":");
    return version;
  } catch (error) {
    throw new SupplyFailed(`Unable to install node: ${(error as Error).message}`);
  }
}

async function installPackageManager(
  toolchain: Toolchain,
  app: PackageJson,
  files: AppFiles,
  plan: BuildPlan,
  nodeVersion: string,
  env: Environment,
  stager: Stager,
): Promise<void> {
  try {
    const bundled = defaultNpmVersion(nodeVersion);
    const fits = app.engines.npm === "" || newestMatching(app.engines.npm, [bundled]) !== null;
    const usesNpm = plan.tool === "npm" && !plan.nothingToDo;
    if (fits) {
      const installed = await toolchain.installNpm(bundled, usesNpm || startNeedsNpm(stager, app, files));
      if (!installed) log.info("Skipping npm (the app does not need it)");
      else if (app.engines.npm === "") log.info(`Using default npm version: ${bundled}`);
      else log.info(`npm ${bundled} already installed with node`);
    } else {
      log.info(`Downloading and installing npm ${app.engines.npm} (replacing version ${bundled})...`);
      const version = newestMatching(app.engines.npm, [
        ...toolchain.onPlatform("npm"),
        ...(await toolchain.npmVersions()),
      ]);
      if (version === null) {
        log.error(
          `We're unable to download the version of npm you've provided (${app.engines.npm}).\nPlease remove the npm version specification in package.json`,
        );
        throw new Error(`no match found for ${app.engines.npm}`);
      }
      await toolchain.installNpm(version, true);
    }
  } catch (error) {
    throw new SupplyFailed(`Unable to install npm: ${(error as Error).message}`);
  }
  if (plan.tool === "npm") return;
  try {
    await installOtherManager(toolchain, app, plan.tool);
    const version = await runQuiet(plan.tool, ["--version"], { cwd: stager.buildDir, env });
    log.info(`Installed ${plan.tool} ${version.trim()}`);
  } catch (error) {
    throw new SupplyFailed(`Unable to install ${plan.tool}: ${(error as Error).message}`);
  }
}

/** Yarn from version 2 on is another package; pnpm and yarn 1 are found by their own names. */
async function installOtherManager(toolchain: Toolchain, app: PackageJson, tool: "yarn" | "pnpm"): Promise<void> {
  const wanted = app.packageManager?.name === tool ? app.packageManager.version : app.engines[tool];
  const berry =
    tool === "yarn" && wanted !== "" && newestMatching(wanted, ["1.22.22"]) === null && !/^1\b/.test(wanted);
  const packageName = berry ? "@yarnpkg/cli-dist" : tool;
  const fallback = tool === "yarn" ? "1.22.22" : "^10";
  const range = wanted === "" ? fallback : wanted;
  const exact = /^\d+\.\d+\.\d+$/.test(range);
  const version = exact ? range : newestMatching(range, await toolchain.packageVersions(packageName));
  if (version === null) throw new Error(`no match found for ${range}`);
  await toolchain.installTool(tool, packageName, version, tool === "yarn" ? ["yarn"] : ["pnpm", "pnpx"]);
}

/** Whether something that starts the app says npm or npx. */
function startNeedsNpm(stager: Stager, app: PackageJson, files: AppFiles): boolean {
  const commands = files.procfile
    ? readFileSync(stager.app("Procfile"), "utf8")
    : startCommand(app, files.serverJs, false);
  return /\bnp[mx]\b/.test(commands);
}

function giveTips(files: AppFiles, app: PackageJson, plan: BuildPlan): void {
  if (!files.nodeModules && app.dependencies > 0) {
    log.tip(
      "It is recommended to vendor the application's Node.js dependencies",
      "http://docs.cloudfoundry.org/buildpacks/node/index.html#vendoring",
    );
  }
  if (plan.vendored && !files.packageLock && !files.shrinkwrap) {
    log.tip(
      "Warning: package-lock.json not found. The buildpack may reach out to the internet to download module updates, even if they are vendored.",
      "https://docs.cloudfoundry.org/buildpacks/node/index.html#offline_environments",
    );
  }
}

/** Shows settings, but no secrets: npm takes credentials from variables, too. */
function listConfiguration(env: Environment): void {
  for (const [name, value] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/^(NPM_CONFIG_|YARN_|NODE_)/.test(name)) continue;
    log.info(`${name}=${/auth|token|password|secret/i.test(name) ? "[PRIVATE]" : value}`);
  }
  if (env["NPM_CONFIG_PRODUCTION"] === "true" && env["NODE_ENV"] !== "production") {
    log.info(
      `npm scripts will see NODE_ENV=production (not '${env["NODE_ENV"]}')\nhttps://docs.npmjs.com/misc/config#production`,
    );
  }
}

/** Hints at the usual reasons behind a failed build, from what it printed. */
function explain(output: string): void {
  for (const tool of ["grunt", "bower", "gulp"]) {
    if (new RegExp(`${tool}: (command )?not found`, "i").test(output)) {
      log.warning(`${tool[0]!.toUpperCase()}${tool.slice(1)} may not be tracked in package.json`);
    }
  }
  if (/cannot find module/i.test(output)) {
    log.warning("A module may be missing from 'dependencies' in package.json");
  }
}

try {
  await supply(new Stager(process.argv.slice(2)), process.env);
} catch (error) {
  if (error instanceof SupplyFailed) {
    log.error(error.message);
  } else if (error instanceof CommandFailed) {
    explain(error.output);
    log.error(`Unable to build dependencies: ${error.message}`);
  } else {
    log.error((error as Error).message);
  }
  process.exitCode = 14; // the classic buildpack's
}
