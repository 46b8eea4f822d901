/** finalize: gathers what the app needs when it starts. See ../README.md. */
import { existsSync, readFileSync } from "node:fs";
import { BuildpackLog } from "../stager/log.ts";
import { Stager } from "../stager/stager.ts";
import { startCommand } from "./build-plan.ts";
import { NO_PACKAGE_JSON, parsePackageJson } from "./package-json.ts";

const log = new BuildpackLog();

function finalize(stager: Stager): void {
  const path = stager.app("package.json");
  const serverJs = existsSync(stager.app("server.js"));
  const app = existsSync(path) ? parsePackageJson(readFileSync(path, "utf8")) : NO_PACKAGE_JSON;
  if (app === NO_PACKAGE_JSON) log.warning("No package.json found");
  if (!existsSync(stager.app("Procfile")) && !serverJs && !app.scripts["start"]) {
    log.warning(
      "This app may not specify any way to start a node process\nSee: https://docs.cloudfoundry.org/buildpacks/node/node-tips.html#start",
    );
  }
  const command = startCommand(app, serverJs, process.env["OPTIMIZE_MEMORY"] === "true");
  stager.writeLaunchYml(command);
  stager.writeLaunchEnvironment();
}

try {
  finalize(new Stager(process.argv.slice(2)));
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 12; // the classic buildpack's
}
