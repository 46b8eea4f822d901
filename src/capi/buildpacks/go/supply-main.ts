/** supply: puts Go into the dependency folder. See ../README.md. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BuildpackLog } from "../stager/log.ts";
import { type Environment, Stager } from "../stager/stager.ts";
import { chooseGoVersion, describeWanted, wantedGoVersion } from "./go-version.ts";
import { readGodeps } from "./godeps.ts";
import { sourceKind } from "./source-kind.ts";
import { GoToolchain } from "./toolchain.ts";

const log = new BuildpackLog();
const VERSION = readFileSync(join(dirname(import.meta.dirname), "VERSION"), "utf8").trim();

async function supply(stager: Stager, startEnv: Environment): Promise<void> {
  log.step(`Go Buildpack version ${VERSION}`);
  const env = stager.stagingEnvironment(startEnv);
  const has = (...path: string[]): boolean => existsSync(stager.app(...path));
  const kind = sourceKind({
    goMod: has("go.mod"),
    godepsJson: has("Godeps", "Godeps.json"),
    glideYaml: has("glide.yaml"),
    gopkgToml: has("Gopkg.toml"),
    godir: has(".godir"),
    vendor: has("vendor"),
  });
  const godeps = kind === "godep" ? readGodeps(stager.app("Godeps", "Godeps.json")) : null;
  if (godeps !== null) log.step("Checking Godeps/Godeps.json file");
  if (godeps !== null && env["GOVERSION"]) {
    log.warning(
      `Using $GOVERSION override.\n    $GOVERSION = ${env["GOVERSION"]}\n\nIf this isn't what you want please run:\n    cf unset-env <app> GOVERSION`,
    );
  }
  const wanted = wantedGoVersion({
    variable: env["GOVERSION"],
    godeps: godeps?.goVersion,
    module: kind === "gomod" ? readFileSync(stager.app("go.mod"), "utf8") : undefined,
  });
  const toolchain = new GoToolchain(stager, log, env);
  const version = chooseGoVersion(wanted, await toolchain.versions());
  if (version === null)
    throw new Error(`Unable to determine Go version to install: no match found for ${describeWanted(wanted)}`);
  const root = await toolchain.install(version);
  stager.writeEnvFile("GOROOT", root);
  // Of this version and no other: what go.mod asks for has been installed.
  stager.writeEnvFile("GOTOOLCHAIN", "local");
  stager.writeEnvFile("GO111MODULE", kind === "gomod" ? "on" : "off");
  if (kind === "gomod" && has("vendor") && !env["GOFLAGS"]) stager.writeEnvFile("GOFLAGS", "-mod=vendor");
  stager.writeProfileScript(
    "goroot.sh",
    `export GOROOT=$DEPS_DIR/${stager.depsIndex}/go${version}\nPATH=$PATH:$GOROOT/bin\n`,
  );
  stager.writeConfigYml("go", VERSION, { GoVersion: version, VendorTool: kind });
}

try {
  await supply(new Stager(process.argv.slice(2)), process.env);
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 14; // the classic buildpack's
}
