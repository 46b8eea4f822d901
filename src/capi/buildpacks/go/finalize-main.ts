/** finalize: builds the program and says how it starts. See ../README.md. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { CommandFailed, runQuiet, runShown } from "../stager/command.ts";
import { BuildpackLog } from "../stager/log.ts";
import { type Environment, Stager } from "../stager/stager.ts";
import { buildCommand } from "./build-command.ts";
import { type Godeps, readGodeps } from "./godeps.ts";
import type { SourceKind } from "./source-kind.ts";

const log = new BuildpackLog();
/** Not the program's own: they stay where the platform looks for them. */
const STAYS = new Set([".cloudfoundry", "Procfile", ".profile", ".profile.d", "src", "bin"]);

async function finalize(stager: Stager, startEnv: Environment): Promise<void> {
  const { GoVersion: version, VendorTool: kind } = (
    JSON.parse(readFileSync(join(stager.depDir, "config.yml"), "utf8")) as {
      config: { GoVersion: string; VendorTool: SourceKind };
    }
  ).config;
  const env = stager.stagingEnvironment(startEnv);
  const bin = stager.app("bin");
  mkdirSync(bin, { recursive: true });
  // Beside what the platform keeps of an app from one staging to the next.
  env["GOCACHE"] = join(stager.cacheDir, "go-cache");
  env["GOBIN"] = bin;
  if (kind === "gomod") env["GOMODCACHE"] = join(stager.cacheDir, "go-mod");
  // Without -modcacherw nobody could remove the modules any more; there may be a .git, but no git.
  env["GOFLAGS"] = [env["GOFLAGS"], "-modcacherw", "-buildvcs=false"].filter(Boolean).join(" ");
  delete env["GIT_DIR"];

  const godeps = kind === "godep" ? readGodeps(stager.app("Godeps", "Godeps.json")) : null;
  const mainPackage = await mainPackageName(stager, kind, godeps, env);
  const inImage = env["GO_SETUP_GOPATH_IN_IMAGE"] === "true" && kind !== "gomod";
  const folder = kind === "gomod" ? stager.buildDir : moveToGoPath(stager, mainPackage, inImage, env);
  const build = buildCommand({
    packageSpec: env["GO_INSTALL_PACKAGE_SPEC"] ?? "",
    godepPackages: godeps?.packages ?? [],
    mainPackage,
    isVendored: (name) => existsSync(join(folder, "vendor", name)),
    linkerValues: linkerValues(stager, env),
  });
  if (godeps !== null && env["GO_INSTALL_PACKAGE_SPEC"]) {
    log.warning(
      `Using $GO_INSTALL_PACKAGE_SPEC override.\n    $GO_INSTALL_PACKAGE_SPEC = ${env["GO_INSTALL_PACKAGE_SPEC"]}\n\nIf this isn't what you want please run:\n    cf unset-env <app> GO_INSTALL_PACKAGE_SPEC`,
    );
  }
  if (build.isDefault) log.warning("Installing package '.' (default)");
  log.step(`Running: go ${build.args.join(" ")}`);
  await runShown("go", build.args, { cwd: folder, env });

  if (env["GO_INSTALL_TOOLS_IN_IMAGE"] === "true") {
    log.step(`Leaving go tool chain in $GOROOT=$DEPS_DIR/${stager.depsIndex}/go${version}`);
  } else {
    clearDependency(stager);
  }
  if (inImage) {
    log.step("Cleaning up $GOPATH/pkg");
    rmSync(stager.app("pkg"), { recursive: true, force: true });
    stager.writeProfileScript("zzgopath.sh", `export GOPATH=$HOME\ncd $GOPATH/src/${mainPackage}\n`);
  }
  stager.writeProfileScript("go.sh", "PATH=$PATH:$HOME/bin\n");
  stager.writeLaunchYml(`${inImage ? "$HOME" : "."}/bin/${build.program}`);
  stager.writeLaunchEnvironment();
}

async function mainPackageName(
  stager: Stager,
  kind: SourceKind,
  godeps: Godeps | null,
  env: Environment,
): Promise<string> {
  if (kind === "gomod") {
    const options = { cwd: stager.buildDir, env };
    return (await runQuiet("go", ["list", "-m"], options)).trim().split("\n")[0]!;
  }
  const name = godeps?.importPath ?? env["GOPACKAGENAME"] ?? "";
  if (name === "" || name.includes("..") || name.startsWith("/")) {
    throw new Error(
      "Unable to determine import path: To use go native vendoring set the $GOPACKAGENAME\nenvironment variable to your app's package name",
    );
  }
  return name;
}

/** Packages of old are found by where they lie below GOPATH. Gives the folder of the main one. */
function moveToGoPath(stager: Stager, mainPackage: string, inImage: boolean, env: Environment): string {
  const goPath = inImage ? stager.buildDir : join(mkdtempSync(join(tmpdir(), "gobuildpack.gopath")), ".go");
  const folder = join(goPath, "src", mainPackage);
  mkdirSync(dirname(folder), { recursive: true });
  env["GOPATH"] = goPath;
  if (!inImage) {
    cpSync(stager.buildDir, folder, { recursive: true, verbatimSymlinks: true });
    return folder;
  }
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(stager.buildDir)) {
    if (!STAYS.has(name)) renameSync(stager.app(name), join(folder, name));
  }
  return folder;
}

/** `go: ldflags:` of buildpack.yml, and GO_LINKER_SYMBOL with GO_LINKER_VALUE. */
function linkerValues(stager: Stager, env: Environment): Record<string, string> {
  const values: Record<string, string> = {};
  if (existsSync(stager.app("buildpack.yml"))) {
    const file = parse(readFileSync(stager.app("buildpack.yml"), "utf8")) as {
      go?: { ldflags?: Record<string, unknown> };
    } | null;
    for (const [symbol, value] of Object.entries(file?.go?.ldflags ?? {})) values[symbol] = String(value);
  }
  const { GO_LINKER_SYMBOL: symbol, GO_LINKER_VALUE: value } = env;
  if (symbol && value) values[symbol] = value;
  return values;
}

/** A program needs no Go any more. */
function clearDependency(stager: Stager): void {
  for (const name of readdirSync(stager.depDir)) {
    if (name !== "config.yml") rmSync(join(stager.depDir, name), { recursive: true, force: true });
  }
}

try {
  await finalize(new Stager(process.argv.slice(2)), process.env);
} catch (error) {
  if (error instanceof CommandFailed) log.error(`Unable to compile application: ${error.message}`);
  else log.error((error as Error).message);
  process.exitCode = 12; // the classic buildpack's
}
