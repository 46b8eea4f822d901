/** supply: puts nginx into the dependency folder. See ../README.md. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runQuiet } from "../stager/command.ts";
import { BuildpackLog } from "../stager/log.ts";
import { type Environment, Stager } from "../stager/stager.ts";
import { newestMatching } from "../stager/version-range.ts";
import { NGINX_SCRIPT } from "./start-scripts.ts";

const log = new BuildpackLog();
const VERSION = readFileSync(join(dirname(import.meta.dirname), "VERSION"), "utf8").trim();

async function supply(stager: Stager, env: Environment): Promise<void> {
  log.step(`Staticfile Buildpack version ${VERSION}`);
  log.step("Installing nginx");
  const nginx = join(stager.depDir, "nginx");
  const runtimesDir = env["INGOT_RUNTIMES"] ?? "/tmp/lifecycle/runtimes";
  const version = linkFromPlatform(runtimesDir, nginx);
  if (version === null) await fetchFromDistribution(join(dirname(runtimesDir), "fetch-nginx"), stager, nginx, env);
  log.info(`Using nginx version ${version ?? readFileSync(join(nginx, "version"), "utf8").trim()}`);

  const bin = join(stager.depDir, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "nginx"), NGINX_SCRIPT, { mode: 0o755 });
  await runQuiet(join(bin, "nginx"), ["-v"], { cwd: stager.buildDir, env }).catch((error) => {
    throw new Error(`nginx does not run in this stack: ${(error as Error).message}`);
  });
  stager.writeConfigYml("staticfile", VERSION);
}

/** Null when the platform's store has none. */
function linkFromPlatform(runtimesDir: string, target: string): string | null {
  if (!existsSync(runtimesDir)) return null;
  const versions = readdirSync(runtimesDir).flatMap((name) => /^nginx-(\d[\d.]*)$/.exec(name)?.[1] ?? []);
  const version = newestMatching("*", versions);
  if (version !== null) symlinkSync(join(runtimesDir, `nginx-${version}`), target);
  return version;
}

/** From the stack's own package sources, into the app's cache. */
async function fetchFromDistribution(program: string, stager: Stager, target: string, env: Environment): Promise<void> {
  const cached = join(stager.cacheDir, "nginx");
  if (!existsSync(join(cached, "version"))) {
    log.info("Download [nginx from the distribution's packages]");
    await runQuiet(program, [cached], { cwd: stager.buildDir, env }).catch((error) => {
      const output = "output" in error ? String(error.output).trim() : "";
      throw new Error(
        `nginx cannot be fetched from the stack's package sources\n${output || (error as Error).message}`,
      );
    });
  }
  await runQuiet("cp", ["-a", cached, target], { cwd: stager.buildDir, env });
}

try {
  await supply(new Stager(process.argv.slice(2)), process.env);
} catch (error) {
  log.error(`Unable to install nginx: ${(error as Error).message}`);
  process.exitCode = 14;
}
