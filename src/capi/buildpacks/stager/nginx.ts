import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lastWords, runQuiet } from "./command.ts";
import type { BuildpackLog } from "./log.ts";
import type { Environment, Stager } from "./stager.ts";
import { newestMatching } from "./version-range.ts";

/** `nginx` on the search path, with its own libraries. */
const NGINX_SCRIPT = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")/../nginx
LD_LIBRARY_PATH=$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec "$here/sbin/nginx" "$@"
`;

/**
 * Puts nginx into `deps/N/nginx` and on the search path: the platform's by a link, which the builder resolves when it packs the droplet,
 * else the distribution's. Gives its version. `script` starts it. Throws with what the distribution said.
 */
export async function installNginx(
  stager: Stager,
  log: BuildpackLog,
  env: Environment,
  script: string = NGINX_SCRIPT,
): Promise<string> {
  const nginx = join(stager.depDir, "nginx");
  const bin = join(stager.depDir, "bin");
  mkdirSync(bin, { recursive: true });
  const runtimesDir = env["INGOT_RUNTIMES"] ?? "/tmp/lifecycle/runtimes";
  const linked = linkFromPlatform(runtimesDir, nginx);
  if (linked === null) await fetchFromDistribution(join(dirname(runtimesDir), "fetch-nginx"), stager, log, nginx, env);
  writeFileSync(join(bin, "nginx"), script, { mode: 0o755 });
  await runQuiet(join(bin, "nginx"), ["-v"], { cwd: stager.buildDir, env }).catch((error) => {
    throw new Error(`nginx does not run in this stack: ${(error as Error).message}`);
  });
  return linked ?? readFileSync(join(nginx, "version"), "utf8").trim();
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
async function fetchFromDistribution(
  program: string,
  stager: Stager,
  log: BuildpackLog,
  target: string,
  env: Environment,
): Promise<void> {
  const cached = join(stager.cacheDir, "nginx");
  if (!existsSync(join(cached, "version"))) {
    log.info("Download [nginx from the distribution's packages]");
    await runQuiet(program, [cached], { cwd: stager.buildDir, env }).catch((error) => {
      throw new Error(`nginx cannot be fetched from the stack's package sources\n${lastWords(error)}`);
    });
  }
  await runQuiet("cp", ["-a", cached, target], { cwd: stager.buildDir, env });
}
