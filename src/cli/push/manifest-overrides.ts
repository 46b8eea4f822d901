import { realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { CliError, IncorrectUsage } from "../errors.ts";
import { compareText } from "../text-order.ts";
import { isMap, type Manifest, type ManifestApp } from "./manifest-file.ts";
import type { YamlValue } from "./manifest-vars.ts";

/** What the flags of `cf push` say about the app; undefined: nothing. */
export interface PushOverrides {
  readonly appName?: string | undefined;
  readonly buildpacks: readonly string[];
  readonly command?: string | undefined;
  readonly disk?: string | undefined;
  readonly memory?: string | undefined;
  readonly logRateLimit?: string | undefined;
  readonly instances?: number | undefined;
  readonly stack?: string | undefined;
  readonly healthCheckType?: string | undefined;
  readonly healthCheckEndpoint?: string | undefined;
  readonly healthCheckTimeoutSeconds?: number | undefined;
  readonly dockerImage?: string | undefined;
  readonly dockerUsername?: string | undefined;
  readonly lifecycle?: string | undefined;
  /** Absolute. */
  readonly path?: string | undefined;
  readonly dropletPath?: string | undefined;
  readonly noRoute: boolean;
  readonly randomRoute: boolean;
  readonly task: boolean;
  /** With a deployment, scale goes into it and not into the manifest. */
  readonly hasStrategy: boolean;
}

/** The manifest with the flags in it: one app when a name is given. cli: actor/v7pushaction/handle_*.go */
export async function applyOverrides(manifest: Manifest, overrides: PushOverrides): Promise<Manifest> {
  const applications = chooseApps(manifest, overrides.appName).map((app) => ({ ...app }));
  if (applications.length > 1 && hasAppFlags(overrides)) {
    throw new IncorrectUsage(
      "Command line flags (except -f and --no-start) cannot be applied when pushing multiple apps from a manifest file.",
    );
  }
  const [app] = applications;
  if (applications.length === 1) overrideApp(app!, overrides);
  for (const each of applications) {
    if (each["random-route"] !== true && each["no-route"] !== true) each["default-route"] = true;
    if (typeof each["path"] !== "string") continue;
    const given = each["path"];
    const fromFlag = overrides.path !== undefined;
    const base = manifest.path === null ? "" : dirname(manifest.path);
    const full = isAbsolute(given) || fromFlag ? given : join(base, given);
    if ((await stat(full).catch(() => null)) === null) {
      throw new CliError(`File not found locally, make sure the file exists at given path ${full}`);
    }
    each["path"] = await realpath(full);
  }
  return { ...manifest, applications: applications.map(inUsualOrder) };
}

/** Fields come in this order whatever the manifest's, the rest by name. cli: util/manifestparser/application.go */
const USUAL_ORDER: readonly string[] = [
  "name",
  "disk_quota",
  "docker",
  "health-check-type",
  "health-check-http-endpoint",
  "timeout",
  "instances",
  "path",
  "processes",
  "memory",
  "no-route",
  "random-route",
  "default-route",
  "stack",
  "log-rate-limit-per-second",
  "lifecycle",
];

function inUsualOrder(app: ManifestApp): ManifestApp {
  const rank = (name: string): number => (USUAL_ORDER.includes(name) ? USUAL_ORDER.indexOf(name) : USUAL_ORDER.length);
  const entries = Object.entries(app).sort(([left], [right]) => rank(left) - rank(right) || compareText(left, right));
  return Object.fromEntries(entries);
}

function chooseApps(manifest: Manifest, wanted: string | undefined): ManifestApp[] {
  const { applications } = manifest;
  const isNameless = (app: ManifestApp): boolean =>
    app["name"] === undefined || app["name"] === null || app["name"] === "";
  if (applications.length > 1 && applications.some(isNameless)) {
    throw new CliError("Found an application with no name specified.");
  }
  if (wanted === undefined) {
    if (applications.some(isNameless)) {
      throw new IncorrectUsage(
        "The push command requires an app name. The app name can be supplied as an argument or with a manifest.yml file.",
      );
    }
    return applications;
  }
  const found = applications.find((app) => String(app["name"]) === wanted);
  if (found !== undefined) return [found];
  if (applications.length === 1) return [{ ...applications[0]!, name: wanted }];
  throw new CliError(`Could not find app named '${wanted}' in manifest`);
}

function hasAppFlags(overrides: PushOverrides): boolean {
  const { buildpacks, noRoute, randomRoute, task, hasStrategy, appName: _name, ...values } = overrides;
  return (
    buildpacks.length > 0 ||
    noRoute ||
    randomRoute ||
    task ||
    hasStrategy ||
    Object.values(values).some((value) => value !== undefined)
  );
}

function overrideApp(app: ManifestApp, overrides: PushOverrides): void {
  const web = webProcessOf(app);
  const target = web ?? app;
  const set = (field: string, value: YamlValue | undefined): void => {
    if (value !== undefined) target[field] = value;
  };
  if (!overrides.hasStrategy) {
    set("instances", overrides.instances);
    set("memory", overrides.memory);
    set("disk_quota", overrides.disk);
    set("log-rate-limit-per-second", overrides.logRateLimit);
  }
  const { command } = overrides;
  // `null` or `default` goes back to what the buildpack says.
  if (command !== undefined) target["command"] = command === "null" || command === "default" ? null : command;
  if (overrides.lifecycle !== undefined) app["lifecycle"] = overrides.lifecycle;
  set("health-check-type", overrides.healthCheckType);
  if (overrides.healthCheckType !== undefined && overrides.healthCheckType !== "http") {
    delete target["health-check-http-endpoint"];
  }
  if (overrides.healthCheckEndpoint !== undefined) {
    const type = target["health-check-type"];
    if (type !== undefined && type !== "http") throw mismatch("--endpoint", "health-check-type", String(type));
    target["health-check-http-endpoint"] = overrides.healthCheckEndpoint;
  }
  set("timeout", overrides.healthCheckTimeoutSeconds);
  if (overrides.noRoute || overrides.task) app["no-route"] = true;
  if (overrides.randomRoute) app["random-route"] = true;
  overrideSource(app, overrides);
}

function overrideSource(app: ManifestApp, overrides: PushOverrides): void {
  const { buildpacks, dockerImage, dockerUsername, stack, path, dropletPath } = overrides;
  const hasBuildpacks = app["buildpacks"] !== undefined || app["buildpack"] !== undefined;
  if (dockerImage !== undefined) {
    if (hasBuildpacks) throw mismatch("--docker-image, -o", "buildpacks");
    if (app["path"] !== undefined) throw mismatch("--docker-image, -o", "path");
    const docker = isMap(app["docker"]) ? app["docker"] : {};
    app["docker"] = { ...docker, image: dockerImage };
  }
  if (dockerUsername !== undefined) {
    if (!isMap(app["docker"]))
      throw new IncorrectUsage("'--docker-image, -o' and '--docker-username' must be used together.");
    app["docker"] = { ...app["docker"], username: dockerUsername };
  }
  if (stack !== undefined) {
    if (app["docker"] !== undefined) throw mismatch("--stack, -s", "docker");
    app["stack"] = stack;
  }
  if (buildpacks.length > 0) {
    if (app["docker"] !== undefined) throw mismatch("--buildpack, -b", "docker");
    delete app["buildpack"];
    app["buildpacks"] = buildpacks[0] === "null" || buildpacks[0] === "default" ? [] : [...buildpacks];
  }
  if (path !== undefined) {
    if (app["docker"] !== undefined) throw mismatch("--path, -p", "docker");
    app["path"] = path;
  }
  if (dropletPath !== undefined && app["docker"] !== undefined) throw mismatch("--droplet", "docker");
}

/** The web process, if the manifest lists processes; made changeable. */
function webProcessOf(app: ManifestApp): Record<string, YamlValue> | null {
  const { processes } = app;
  if (!Array.isArray(processes)) return null;
  const copies = (processes as readonly YamlValue[]).map((process) => (isMap(process) ? { ...process } : process));
  app["processes"] = copies;
  const web = copies.find((process) => isMap(process) && process["type"] === "web");
  return web === undefined ? null : (web as Record<string, YamlValue>);
}

function mismatch(flag: string, property: string, value?: string): IncorrectUsage {
  const set = value === undefined ? "" : ` set to ${value}`;
  return new IncorrectUsage(`The flag option ${flag} cannot be used with the manifest property ${property}${set}`);
}
