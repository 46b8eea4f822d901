import { resolve } from "node:path";
import { type Command, flag, list, value } from "../command.ts";
import { CliError } from "../errors.ts";
import { applyManifest, showManifestDiff } from "../push/apply-manifest.ts";
import {
  givenManifest,
  InvalidManifest,
  manifestYaml,
  readManifest,
  readPair,
  varsFilesOf,
} from "../push/manifest-file.ts";

export const command: Command = {
  usage: "cf apply-manifest -f APP_MANIFEST_PATH",
  flags: [
    value("-f", "Path to app manifest"),
    list("--var", "Variable key value pair for variable substitution, (e.g., name=app1); can specify multiple times"),
    list("--vars-file", "Path to a variable substitution file for manifest; can specify multiple times"),
    flag("--redact-env", "Do not print values for environment vars set in the application manifest"),
  ],
  related: "create-app, create-app-manifest, push",
  run: async (cli, input) => {
    const { ui, deps, org, space } = cli;
    const given = input.text("f");
    const path = await givenManifest(deps.cwd, given);
    const varsFiles = await varsFilesOf(deps.cwd, input);
    for (const pair of input.list("var")) await readPair(pair);
    const user = cli.requireTarget("space");
    if (path === null) throw new CliError(`Could not find 'manifest.yml' file in ${deps.cwd}`);
    const shown = given !== undefined && path === resolve(deps.cwd, given) ? given : path;
    ui.flavor`Applying manifest ${shown} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const manifest = await readManifest(path, varsFiles, input.list("var")).catch((error: unknown) => {
      if (!(error instanceof InvalidManifest)) throw error;
      const reason = error.reason === null ? "" : ` (${error.reason})`;
      throw new CliError(`Unable to apply manifest because its format is invalid.${reason}`);
    });
    const text = await manifestYaml(manifest);
    await showManifestDiff(cli, manifest, text, input.has("redact-env"));
    await applyManifest(cli, text);
    ui.text();
    ui.ok();
  },
};
