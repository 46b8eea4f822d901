import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Input } from "../args.ts";
import { bytesPerSecond, megabytes } from "../bytes.ts";
import type { Cli } from "../cli.ts";
import { CcFailure } from "../cloud-controller.ts";
import { type Command, flag, list, START_ENVIRONMENT, value } from "../command.ts";
import type { CurrentUser } from "../current-user.ts";
import { DEPLOYMENT_FLAGS, deploymentWish } from "../deployment-flags.ts";
import { argumentsCannotCombine, CliError, IncorrectUsage, UsageError } from "../errors.ts";
import { type Difference, diffLines } from "../push/manifest-diff.ts";
import { findManifest, isMap, type Manifest, manifestYaml, readManifest } from "../push/manifest-file.ts";
import { applyOverrides, type PushOverrides } from "../push/manifest-overrides.ts";
import { pushApp } from "../push/push-app.ts";

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
  flags: [
    value(
      "--app-start-timeout -t",
      "Time (in seconds) allowed to elapse between starting up an app and the first healthy response from the app",
    ),
    list(
      "--buildpack -b",
      "Custom buildpack by name (e.g. my-buildpack) or Git URL. To use built-in buildpacks only, specify 'default' or 'null'",
    ),
    value("--disk -k", "Disk limit (e.g. 256M, 1024M, 1G)"),
    value("--docker-image -o", "Docker image to use (e.g. user/docker-image-name)"),
    value("--docker-username", "Repository username; used with password from environment variable CF_DOCKER_PASSWORD"),
    value("--droplet", "Path to a tgz file with a pre-staged app"),
    value(
      "--endpoint",
      "Valid path on the app for an HTTP health check. Only used when specifying --health-check-type=http",
    ),
    value(
      "--health-check-type -u",
      "Application health check type. Defaults to 'port'. 'http' requires a valid endpoint, for example, '/health'.",
    ),
    value("--instances -i", "Number of instances"),
    value("--lifecycle", "App lifecycle type to stage and run the app"),
    value("--log-rate-limit -l", "Log rate limit per second, in bytes (e.g. 128B, 4K, 1M). -l=-1 represents unlimited"),
    value("--manifest -f", "Path to manifest"),
    value("--memory -m", "Memory limit (e.g. 256M, 1024M, 1G)"),
    flag("--no-manifest", "Ignore manifest file"),
    flag("--no-route", "Do not map a route to this app"),
    flag("--no-start", "Do not stage and start the app after pushing"),
    flag("--no-wait", "Exit when the first instance of the web process is healthy"),
    value("--path -p", "Path to app directory or to a zip file of the contents of the app directory"),
    flag("--random-route", "Create a random route for this app (except when no-route is specified in the manifest)"),
    flag("--redact-env", "Do not print values for environment vars set in the application manifest"),
    value(
      "--stack -s",
      "Stack to use (a stack is a pre-built file system, including an operating system, that can run apps)",
    ),
    value("--start-command -c", "Startup command, set to null to reset to default start command"),
    flag(
      "--task",
      "Push an app that is used only to execute tasks. The app will be staged, but not started and will have no route assigned.",
    ),
    list("--var", "Variable key value pair for variable substitution, (e.g., name=app1); can specify multiple times"),
    list("--vars-file", "Path to a variable substitution file for manifest; can specify multiple times"),
    ...DEPLOYMENT_FLAGS,
  ],
  environment: [["CF_DOCKER_PASSWORD", "", "Password used for private docker repository"], ...START_ENVIRONMENT],
  related: "apps, create-app-manifest, logs, ssh, start",
  run: async (cli, input) => {
    const { ui, deps } = cli;
    const user = cli.requireTarget("space");
    const wish = deploymentWish(input);
    const deployment = wish === null ? null : { ...wish, scale: deploymentScale(input) };
    validateFlags(input, deployment !== null);
    const overrides = await readOverrides(cli, input, deployment !== null);
    const manifest = await applyOverrides(await baseManifest(cli, input), overrides);
    const dockerPassword = await askDockerPassword(cli, manifest);
    announce(cli, manifest, user);
    const text = await manifestYaml(manifest);
    if (manifest.path !== null) {
      ui.text(`Applying manifest file ${manifest.path}...`);
      await showDiff(cli, manifest, text, input.has("redact-env"));
    }
    const path = `/v3/spaces/${cli.space.guid}/actions/apply_manifest`;
    const headers = { "content-type": "application/x-yaml" };
    await cli.cc.waitForJob(await cli.cc.send("POST", path, { body: text, headers }));
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
  const given = input.text("manifest");
  const place = given === undefined ? cli.deps.cwd : await existing(cli, given);
  const path = await findManifest(place);
  if (path === null) {
    if (given !== undefined)
      throw new CliError(
        `Incorrect Usage: The specified directory '${given}' does not contain a file named 'manifest.yml'.`,
      );
    return generated;
  }
  const varsFiles: string[] = [];
  for (const file of input.list("vars-file")) varsFiles.push(await existing(cli, file));
  return await readManifest(path, varsFiles, input.list("var"));
}

async function readOverrides(cli: Cli, input: Input, hasStrategy: boolean): Promise<PushOverrides> {
  const path = input.text("path");
  const droplet = input.text("droplet");
  return {
    appName: input.optional(0),
    buildpacks: input.list("buildpack"),
    command: input.text("start-command"),
    disk: input.text("disk"),
    memory: input.text("memory"),
    logRateLimit: input.text("log-rate-limit"),
    instances: wholeNumber(input, "instances", 0),
    stack: input.text("stack"),
    healthCheckType: input.text("health-check-type"),
    healthCheckEndpoint: input.text("endpoint"),
    healthCheckTimeoutSeconds: wholeNumber(input, "app-start-timeout", 1),
    dockerImage: input.text("docker-image"),
    dockerUsername: input.text("docker-username"),
    lifecycle: input.text("lifecycle"),
    path: path === undefined ? undefined : await existing(cli, path),
    dropletPath: droplet === undefined ? undefined : await existing(cli, droplet),
    noRoute: input.has("no-route"),
    randomRoute: input.has("random-route"),
    task: input.has("task"),
    hasStrategy,
  };
}

async function existing(cli: Cli, given: string): Promise<string> {
  const path = resolve(cli.deps.cwd, given);
  if ((await stat(path).catch(() => null)) === null) {
    throw new UsageError(`Incorrect Usage: The specified path '${given}' does not exist.`);
  }
  return path;
}

function wholeNumber(input: Input, name: string, min: number): number | undefined {
  const text = input.text(name);
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text) || Number(text) < min) {
    throw new UsageError(`Incorrect Usage: invalid argument for flag \`--${name}' (expected int >= ${min})`);
  }
  return Number(text);
}

/** Scale that goes into a deployment instead of the manifest. cli: setup_deployment_information_for_push_plan.go */
function deploymentScale(input: Input): Record<string, number> {
  const instances = wholeNumber(input, "instances", 0);
  return {
    ...(instances === undefined ? {} : { web_instances: instances }),
    ...(input.has("memory") ? { memory_in_mb: megabytes(input.text("memory")!) } : {}),
    ...(input.has("disk") ? { disk_in_mb: megabytes(input.text("disk")!) } : {}),
    ...(input.has("log-rate-limit")
      ? { log_rate_limit_in_bytes_per_second: bytesPerSecond(input.text("log-rate-limit")!) }
      : {}),
  };
}

/** cli: command/v7/push_command.go, ValidateFlags */
function validateFlags(input: Input, hasStrategy: boolean): void {
  const together = (left: string, leftShown: string, right: string, rightShown: string): void => {
    if (input.has(left) && input.has(right)) throw argumentsCannotCombine(leftShown, rightShown);
  };
  const lifecycle = input.text("lifecycle");
  if (lifecycle !== undefined && !["buildpack", "docker", "cnb"].includes(lifecycle)) {
    throw new UsageError('Incorrect Usage: LIFECYCLE must be "buildpack", "cnb" or "docker"');
  }
  if (input.has("docker-username") && !input.has("docker-image")) {
    throw new IncorrectUsage("'--docker-image, -o' and '--docker-username' must be used together.");
  }
  together("buildpack", "--buildpack, -b", "docker-image", "--docker-image, -o");
  together("docker-image", "--docker-image, -o", "path", "--path, -p");
  together("stack", "--stack, -s", "docker-image", "--docker-image, -o");
  together("no-manifest", "--no-manifest", "manifest", "--manifest, -f");
  together("no-manifest", "--no-manifest", "vars-file", "--vars-file");
  together("no-manifest", "--no-manifest", "var", "--vars");
  const check = input.text("health-check-type");
  if (check !== undefined && !["http", "port", "process"].includes(check)) {
    throw new UsageError('Incorrect Usage: HEALTH_CHECK_TYPE must be "http", "port" or "process"');
  }
  if (check === "http" && !input.has("endpoint")) {
    throw new IncorrectUsage("'--endpoint' and '--health-check-type=http, -u=http' must be used together.");
  }
  if (input.has("droplet") && (input.has("docker-image") || input.has("docker-username") || input.has("path"))) {
    throw argumentsCannotCombine("--droplet", "--docker-image, -o", "--docker-username", "-p");
  }
  const strategy = `--strategy=${input.text("strategy") ?? ""}`;
  if (input.has("no-start") && hasStrategy) throw argumentsCannotCombine("--no-start", strategy);
  if (input.has("task") && hasStrategy) throw argumentsCannotCombine("--task", strategy);
  together("no-start", "--no-start", "no-wait", "--no-wait");
  together("no-route", "--no-route", "random-route", "--random-route");
  const buildpacks = input.list("buildpack");
  if (buildpacks.length > 1 && buildpacks.some((name) => name === "null" || name === "default")) {
    throw new CliError("Multiple buildpacks flags cannot have null/default option.");
  }
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

async function showDiff({ ui, cc, space }: Cli, manifest: Manifest, text: string, redactEnv: boolean): Promise<void> {
  let differences: Difference[];
  try {
    const headers = { "content-type": "application/x-yaml" };
    const answer = await cc.send("POST", `/v3/spaces/${space.guid}/manifest_diff`, { body: text, headers });
    differences = (JSON.parse(answer.body.toString()) as { diff: Difference[] }).diff;
  } catch (error) {
    if (!(error instanceof CcFailure) || error.status < 500) throw error;
    ui.warn("Unable to generate diff. Continuing to apply manifest...");
    return;
  }
  ui.text();
  ui.text("Updating with these attributes...");
  const { stringify } = await import("yaml");
  const whole = { ...manifest.rest, applications: manifest.applications };
  const lines = diffLines(whole, differences, redactEnv, (part) =>
    stringify(part, { lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false }),
  );
  for (const { sign, text: line } of lines) {
    if (sign === "+") ui.added(`+ ${line}`);
    else if (sign === "-") ui.removed(`- ${line}`);
    else ui.text(`  ${line}`);
  }
}
