/** supply: puts nginx into the dependency folder. See ../README.md. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BuildpackLog } from "../stager/log.ts";
import { installNginx } from "../stager/nginx.ts";
import { type Environment, Stager } from "../stager/stager.ts";

const log = new BuildpackLog();
const VERSION = readFileSync(join(dirname(import.meta.dirname), "VERSION"), "utf8").trim();

async function supply(stager: Stager, env: Environment): Promise<void> {
  log.step(`Staticfile Buildpack version ${VERSION}`);
  log.step("Installing nginx");
  log.info(`Using nginx version ${await installNginx(stager, log, env)}`);
  stager.writeConfigYml("staticfile", VERSION);
}

try {
  await supply(new Stager(process.argv.slice(2)), process.env);
} catch (error) {
  log.error(`Unable to install nginx: ${(error as Error).message}`);
  process.exitCode = 14;
}
