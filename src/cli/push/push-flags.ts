import type { FlagSpec, Input } from "../args.ts";
import { bytesPerSecond, megabytes } from "../bytes.ts";
import { flag, list, value } from "../command.ts";
import { deploymentFlags } from "../deployment-flags.ts";
import { argumentsCannotCombine, CliError, IncorrectUsage, UsageError } from "../errors.ts";
import { existing } from "../flag-values.ts";
import type { PushOverrides } from "./manifest-overrides.ts";

const [INSTANCE_STEPS, MAX_IN_FLIGHT, STRATEGY] = deploymentFlags("being started");

/** The flags of `cf push`, in the order of its help. */
export const PUSH_FLAGS: readonly FlagSpec[] = [
  value(
    "--app-start-timeout -t",
    "Time (in seconds) allowed to elapse between starting up an app and the first healthy response from the app",
  ),
  list(
    "--buildpack -b",
    "Custom buildpack by name (e.g. my-buildpack) or Git URL (e.g. 'https://github.com/cloudfoundry/java-buildpack.git') or Git URL with a branch or tag (e.g. 'https://github.com/cloudfoundry/java-buildpack.git#v3.3.0' for 'v3.3.0' tag). To use built-in buildpacks only, specify 'default' or 'null'",
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
  INSTANCE_STEPS,
  value("--lifecycle", "App lifecycle type to stage and run the app"),
  value("--log-rate-limit -l", "Log rate limit per second, in bytes (e.g. 128B, 4K, 1M). -l=-1 represents unlimited"),
  value("--manifest -f", "Path to manifest"),
  MAX_IN_FLIGHT,
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
  STRATEGY,
  flag(
    "--task",
    "Push an app that is used only to execute tasks. The app will be staged, but not started and will have no route assigned.",
  ),
  list("--var", "Variable key value pair for variable substitution, (e.g., name=app1); can specify multiple times"),
  list("--vars-file", "Path to a variable substitution file for manifest; can specify multiple times"),
];

/** What the flags say about the app; paths are made absolute. Throws `UsageError`. */
export async function readOverrides(cwd: string, input: Input, hasStrategy: boolean): Promise<PushOverrides> {
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
    path: path === undefined ? undefined : await existing(cwd, path),
    dropletPath: droplet === undefined ? undefined : await existing(cwd, droplet),
    noRoute: input.has("no-route"),
    randomRoute: input.has("random-route"),
    task: input.has("task"),
    hasStrategy,
  };
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
export function deploymentScale(input: Input): Record<string, number> {
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

/** Throws for flags that do not go together. cli: command/v7/push_command.go, ValidateFlags */
export function validateFlags(input: Input, hasStrategy: boolean): void {
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
