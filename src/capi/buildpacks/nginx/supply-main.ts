/** supply: puts nginx into the dependency folder and looks whether the app's conf works with it. See ../README.md. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import { failureText, runQuiet } from "../stager/command.ts";
import { BuildpackLog } from "../stager/log.ts";
import { installNginx } from "../stager/nginx.ts";
import { type Environment, Stager } from "../stager/stager.ts";
import { newestMatching } from "../stager/version-range.ts";
import { includedConfs, isAccessLogOff } from "./conf-checks.ts";
import { NGINX_SCRIPT, profileScript } from "./start.ts";

const log = new BuildpackLog();
const VERSION = readFileSync(join(dirname(import.meta.dirname), "VERSION"), "utf8").trim();
/** Stands for the port while somebody looks where it went. */
const PORT_MARK = "the-port-of-the-app";

interface Wishes {
  readonly version: string;
  readonly dist: string;
  readonly plaintextEnvVars: readonly string[];
}

async function supply(stager: Stager, startEnv: Environment): Promise<void> {
  log.step(`Nginx Buildpack version ${VERSION}`);
  log.step("Supplying nginx");
  const env = stager.stagingEnvironment(startEnv);
  const wishes = readWishes(stager);
  if (wishes.dist === "openresty")
    throw new Error("Could not install openresty: this stack's package sources have none");
  const version = await installNginx(stager, log, env, NGINX_SCRIPT).catch((error) => {
    throw new Error(`Could not install nginx: ${(error as Error).message}`);
  });
  tellVersion(wishes.version, version);
  copyFileSync(join(import.meta.dirname, "varify"), join(stager.depDir, "bin", "varify"));
  writeFileSync(join(stager.depDir, "plaintext_env_vars"), wishes.plaintextEnvVars.join("\n"));
  if (!existsSync(stager.app("logs"))) mkdirSync(stager.app("logs"));
  try {
    await checkPort(stager, env);
    await checkSyntax(stager, env);
  } catch (error) {
    throw new Error(`Could not validate nginx.conf: ${(error as Error).message}`);
  }
  if (isAccessLogOff(readFileSync(stager.app("nginx.conf"), "utf8"))) {
    log.warning(
      "Warning: access logging is turned off in your nginx.conf file, this may make your app difficult to debug.",
    );
  }
  stager.writeProfileScript("nginx", profileScript(stager.depsIndex));
  stager.writeConfigYml("nginx", VERSION);
}

function readWishes(stager: Stager): Wishes {
  const path = stager.app("buildpack.yml");
  const file = existsSync(path) ? (parse(readFileSync(path, "utf8")) as Record<string, unknown> | null) : null;
  const nginx = (file?.["nginx"] ?? {}) as { version?: unknown; plaintext_env_vars?: unknown };
  const names = Array.isArray(nginx.plaintext_env_vars) ? nginx.plaintext_env_vars.map(String) : [];
  return { version: String(nginx.version ?? ""), dist: String(file?.["dist"] ?? ""), plaintextEnvVars: names };
}

/** The distribution has one nginx; that it is another one than asked for must not stay unsaid. */
function tellVersion(wanted: string, version: string): void {
  if (wanted === "") {
    log.step(`No nginx version specified - using ${version}`);
    return;
  }
  const isLine = ["mainline", "stable"].includes(wanted);
  if (!isLine && newestMatching(wanted, [version]) === null) {
    log.info(`Available versions: mainline, stable, ${version}`);
    throw new Error(`Could not determine version: no match found for ${wanted} in [${version}]`);
  }
  log.step(`Requested nginx version: ${wanted} => ${version}`);
}

/** Fills the conf in a copy of the app and gives the copy's folder. */
async function filledCopy(stager: Stager, env: Environment): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), "conf"));
  cpSync(stager.buildDir, copy, { recursive: true, verbatimSymlinks: true });
  const args = [join(copy, "nginx.conf"), stager.app("modules"), join(stager.depDir, "nginx", "modules")];
  await runQuiet(join(stager.depDir, "bin", "varify"), args, { cwd: copy, env: { ...env, DEP_DIR: stager.depDir } });
  return copy;
}

async function checkPort(stager: Stager, env: Environment): Promise<void> {
  const copy = await filledCopy(stager, { ...env, PORT: PORT_MARK }).catch((error) => {
    throw new Error(failureText(error));
  });
  try {
    const conf = readFileSync(join(copy, "nginx.conf"), "utf8");
    const included = includedConfs(conf).map((name) => (isAbsolute(name) ? name : join(copy, name)));
    const texts = [conf, ...included.filter((path) => existsSync(path)).map((path) => readFileSync(path, "utf8"))];
    if (texts.some((text) => text.includes(PORT_MARK))) return;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  log.error("The listen port value in nginx.conf must be configured to the template `{{port}}`");
  throw new Error("validation of port `{{port}}` failed: no `{{port}}` in nginx.conf");
}

async function checkSyntax(stager: Stager, env: Environment): Promise<void> {
  const copy = await filledCopy(stager, { ...env, PORT: "8080" });
  try {
    // A test of the conf opens its log files; what the app names as its output need not be one here.
    if (!existsSync(join(copy, "logs"))) symlinkSync(tmpdir(), join(copy, "logs"));
    const args = ["-t", "-c", join(copy, "nginx.conf"), "-p", copy];
    await runQuiet(join(stager.depDir, "bin", "nginx"), args, { cwd: copy, env });
  } catch (error) {
    throw new Error(`validation of nginx conf syntax failed: nginx.conf contains syntax errors: ${failureText(error)}`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

try {
  await supply(new Stager(process.argv.slice(2)), process.env);
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 14; // the classic buildpack's
}
