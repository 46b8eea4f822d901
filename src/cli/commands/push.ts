import type { Input } from "../args.ts";
import type { Cli } from "../cli.ts";
import { type Command, START_ENVIRONMENT } from "../command.ts";
import type { CurrentUser } from "../current-user.ts";
import { deploymentWish } from "../deployment-flags.ts";
import { applyManifest, showManifestDiff } from "../push/apply-manifest.ts";
import { givenManifest, isMap, type Manifest, manifestYaml, readManifest, varsFilesOf } from "../push/manifest-file.ts";
import { applyOverrides } from "../push/manifest-overrides.ts";
import { pushApp } from "../push/push-app.ts";
import { deploymentScale, PUSH_FLAGS, readOverrides, validateFlags } from "../push/push-flags.ts";

export const command: Command = {
  usage: `cf push APP_NAME [-b BUILDPACK_NAME]
[-c COMMAND] [-f MANIFEST_PATH | --no-manifest] [--lifecycle (buildpack | docker | cnb)] [--no-start] [--no-wait] [-i NUM_INSTANCES]
[-k DISK] [-m MEMORY] [-l LOG_RATE_LIMIT] [-p PATH] [-s STACK] [-t HEALTH_TIMEOUT] [--task TASK]
[-u (process | port | http)] [--no-route | --random-route]
[--var KEY=VALUE] [--vars-file VARS_FILE_PATH]...

cf push APP_NAME --docker-image [REGISTRY_HOST:PORT/]IMAGE[:TAG] [--docker-username USERNAME]
[-c COMMAND] [-f MANIFEST_PATH | --no-manifest] [--no-start] [--no-wait] [-i NUM_INSTANCES]
[-k DISK] [-m MEMORY] [-l LOG_RATE_LIMIT] [-p PATH] [-s STACK] [-t HEALTH_TIMEOUT] [--task TASK]
[-u (process | port | http)] [--no-route | --random-route ]
[--var KEY=VALUE] [--vars-file VARS_FILE_PATH]...`,
  args: [{ name: "APP_NAME", optional: true }],
  flags: PUSH_FLAGS,
  environment: [["CF_DOCKER_PASSWORD", "", "Password used for private docker repository"], ...START_ENVIRONMENT],
  run: async (cli, input) => {
    const { ui, deps } = cli;
    const user = cli.requireTarget("space");
    const wish = deploymentWish(input);
    const deployment = wish === null ? null : { ...wish, scale: deploymentScale(input) };
    validateFlags(input, deployment !== null);
    const overrides = await readOverrides(deps.cwd, input, deployment !== null);
    const manifest = await applyOverrides(await baseManifest(cli, input), overrides);
    const dockerPassword = await askDockerPassword(cli, manifest);
    announce(cli, manifest, user);
    const text = await manifestYaml(manifest);
    if (manifest.path !== null) {
      ui.text(`Applying manifest file ${manifest.path}...`);
      await showManifestDiff(cli, manifest, text, input.has("redact-env"));
    }
    await applyManifest(cli, text);
    if (manifest.path !== null) ui.text("Manifest applied");
    for (const manifestApp of manifest.applications) {
      await pushApp(cli, {
        manifestApp,
        defaultPath: deps.cwd,
        dropletPath: overrides.dropletPath ?? null,
        dockerPassword,
        noStart: input.has("no-start"),
        noWait: input.has("no-wait"),
        task: input.has("task"),
        deployment,
      });
    }
  },
};

async function baseManifest(cli: Cli, input: Input): Promise<Manifest> {
  const name = input.optional(0);
  const generated: Manifest = { path: null, rest: {}, applications: [name === undefined ? {} : { name }] };
  if (input.has("no-manifest")) return generated;
  const path = await givenManifest(cli.deps.cwd, input.text("manifest"));
  if (path === null) return generated;
  return await readManifest(path, await varsFilesOf(cli.deps.cwd, input), input.list("var"));
}

async function askDockerPassword({ ui, ask, deps }: Cli, manifest: Manifest): Promise<string | null> {
  const isPrivate = manifest.applications.some(({ docker }) => isMap(docker) && docker["username"] !== undefined);
  if (!isPrivate) return null;
  const password = deps.env["CF_DOCKER_PASSWORD"] ?? "";
  if (password === "") {
    ui.text("Environment variable CF_DOCKER_PASSWORD not set.");
    return await ask.password("Docker password");
  }
  ui.text("Using docker repository password from environment variable CF_DOCKER_PASSWORD.");
  return password;
}

function announce({ ui, org, space }: Cli, manifest: Manifest, user: CurrentUser): void {
  const names = manifest.applications.map((app) => String(app["name"])).join(", ");
  if (manifest.applications.length === 1) {
    ui.flavor`Pushing app ${names} to org ${org.name} / space ${space.name} as ${user.name}...`;
  } else {
    ui.flavor`Pushing apps ${names} to org ${org.name} / space ${space.name} as ${user.name}...`;
  }
}
