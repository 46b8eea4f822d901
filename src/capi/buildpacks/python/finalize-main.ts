/** finalize: collects Django's static files and gathers what the app needs when it starts. See ../README.md. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CommandFailed, runQuiet } from "../stager/command.ts";
import { BuildpackLog } from "../stager/log.ts";
import { type Environment, Stager } from "../stager/stager.ts";
import { stagedEnvironment } from "./install-python.ts";
import { namesPackage } from "./package-plan.ts";

const log = new BuildpackLog();
/** Files of a Django project are found in the app's folder or in those below it. */
const MANAGE_DEPTH_MAX = 3;

async function finalize(stager: Stager, startEnv: Environment): Promise<void> {
  await collectStatic(stager, stager.stagingEnvironment(startEnv));
  const home = join(stager.depDir, "python");
  for (const path of pthFiles(home)) {
    const text = readFileSync(path, "utf8");
    const changed = text.replaceAll(stager.depDir, `DOLLAR_DEPS_DIR/${stager.depsIndex}`);
    if (changed !== text) writeFileSync(path, changed);
  }
  stager.writeProfileScript(
    "python.fixeggs.sh",
    `find $DEPS_DIR/${stager.depsIndex}/python/ -name "*.pth" -print0 2> /dev/null | xargs -r -0 -n 1 sed -i -e "s#DOLLAR_DEPS_DIR#$DEPS_DIR#" &> /dev/null\n`,
  );
  stager.writeLaunchEnvironment();
}

async function collectStatic(stager: Stager, env: Environment): Promise<void> {
  if (env["DISABLE_COLLECTSTATIC"]) return;
  const list = ["requirements.txt", "Pipfile.lock", "uv.lock", "poetry.lock"].find((name) =>
    existsSync(stager.app(name)),
  );
  const text = list === undefined ? "" : readFileSync(stager.app(list), "utf8");
  const usesDjango = list === "requirements.txt" ? namesPackage(text, ["django"]) : /"django"/i.test(text);
  const manage = usesDjango ? findManage(stager.buildDir) : null;
  if (manage === null) return;
  log.info(`Running python ${manage} collectstatic --noinput --traceback`);
  const options = { cwd: stager.buildDir, env: stagedEnvironment(stager, env) };
  try {
    const output = await runQuiet("python", [manage, "collectstatic", "--noinput", "--traceback"], options);
    const lines = output.split("\n").filter((line) => line !== "" && !/^(Copying |Post-processed )/.test(line));
    if (lines.length > 0) log.info(lines.join("\n"));
  } catch (error) {
    if (error instanceof CommandFailed) log.info(error.output.trim());
    throw new Error(
      `Error while running '$ python ${manage} collectstatic --noinput'.\nSee traceback above for details.\n\nYou may need to update application code to resolve this error.\nOr, you can disable collectstatic for this application:\n\n   $ cf set-env <app> DISABLE_COLLECTSTATIC 1`,
    );
  }
}

/** The nearest manage.py that is Django's. */
function findManage(root: string): string | null {
  let folders = [""];
  for (let depth = 0; depth < MANAGE_DEPTH_MAX; depth++) {
    const next: string[] = [];
    for (const folder of folders) {
      const path = join(folder, "manage.py");
      if (existsSync(join(root, path)) && /DJANGO_SETTINGS_MODULE/.test(readFileSync(join(root, path), "utf8")))
        return path;
      for (const name of readdirSync(join(root, folder))) {
        if (name.startsWith(".") || name === "node_modules" || name === "vendor") continue;
        if (statSync(join(root, folder, name), { throwIfNoEntry: false })?.isDirectory()) next.push(join(folder, name));
      }
    }
    folders = next;
  }
  return null;
}

function pthFiles(home: string): string[] {
  const roots = [join(home, "lib"), join(home, "local", "lib")].filter((root) => existsSync(root));
  return roots.flatMap((root) =>
    readdirSync(root).flatMap((line) =>
      ["site-packages", "dist-packages"].flatMap((folder) => {
        const at = join(root, line, folder);
        return existsSync(at)
          ? readdirSync(at)
              .filter((name) => name.endsWith(".pth"))
              .map((name) => join(at, name))
          : [];
      }),
    ),
  );
}

try {
  await finalize(new Stager(process.argv.slice(2)), process.env);
} catch (error) {
  log.error((error as Error).message);
  process.exitCode = 12; // the classic buildpack's
}
