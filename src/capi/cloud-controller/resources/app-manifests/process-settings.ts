import { isUriPath, type ProcessScale, type ProcessUpdate } from "../processes/body.ts";
import { byteSizeFault, logRate, megabytes } from "./byte-size.ts";
import { isObject } from "./manifest-yaml.ts";
import type { ManifestProcess } from "./model.ts";
import { written } from "./written-value.ts";

type Settings = Readonly<Record<string, unknown>>;

const INSTANCES_MAX = 2_000_000;
const CHECK_TYPES = ["port", "process", "http"];

/** `health-check-type` → `health_check_type`, in the entry and in its processes. */
export function underscored(entry: Settings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key.replaceAll("-", "_"),
      key === "processes" && Array.isArray(value)
        ? value.map((one) => (isObject(one) ? underscored(one) : one))
        : value,
    ]),
  );
}

/** What is wrong with the entry's processes and process settings. CC: messages/app_manifest_message.rb */
export function processTexts(entry: Settings): string[] {
  const texts = sizeTexts(entry, "web");
  const { processes } = entry;
  if (processes !== undefined) {
    if (!Array.isArray(processes)) return [...texts, "Processes must be an array of process configurations"];
    if (processes.some((one) => !isObject(one) || !one["type"])) texts.push("All Processes must specify a type");
    const types = processes.filter(isObject).map((one) => written(one["type"]));
    const twice = new Set(types.filter((type, at) => types.indexOf(type) !== at));
    for (const type of twice) texts.push(`Process "${type}" may only be present once`);
    for (const one of processes.filter(isObject)) texts.push(...sizeTexts(one, written(one["type"] ?? "")));
  }
  const all = settingsOfProcesses(entry);
  return [...texts, ...all.flatMap(scaleTexts), ...all.flatMap(updateTexts)];
}

/** Settings of the app itself are the web process's, unless `processes` has one. */
export function settingsOfProcesses(entry: Settings): Settings[] {
  const processes = Array.isArray(entry["processes"]) ? entry["processes"].filter(isObject) : [];
  const web = processes.find((one) => one["type"] === "web");
  const others = processes.filter((one) => one["type"] !== "web");
  const own = { ...entry, type: "web" };
  if (web !== undefined) return [web, ...others];
  return isEmpty(own) ? others : [own, ...others];
}

function isEmpty(settings: Settings): boolean {
  return scaleOf(settings) === null && Object.keys(updateOf(settings)).length === 0;
}

export function manifestProcess(settings: Settings): ManifestProcess {
  const type = written(settings["type"]);
  const update = updateOf(settings);
  const trivial = type === "web" && Object.keys(update).length === 0;
  return { type, update: trivial ? null : update, scale: scaleOf(settings) };
}

/** Null when nothing of it was written. */
function scaleOf(settings: Settings): ProcessScale | null {
  const { instances } = settings;
  const scale = {
    instances: instances === undefined || instances === null ? undefined : Number(instances),
    memory_in_mb: megabytes(settings["memory"]),
    disk_in_mb: megabytes(settings["disk_quota"]),
    log_rate_limit_in_bytes_per_second: logRate(settings["log_rate_limit_per_second"]),
  };
  const given = Object.entries(scale).filter(([, value]) => value !== undefined);
  return given.length === 0 ? null : (Object.fromEntries(given) as ProcessScale);
}

const UPDATE_KEYS: readonly [key: string, column: keyof ProcessUpdate][] = [
  ["command", "command"],
  ["user", "user"],
  ["health_check_type", "health_check_type"],
  ["timeout", "health_check_timeout"],
  ["health_check_invocation_timeout", "health_check_invocation_timeout"],
  ["health_check_interval", "health_check_interval"],
  ["health_check_http_endpoint", "health_check_endpoint"],
  ["readiness_health_check_type", "readiness_health_check_type"],
  ["readiness_health_check_invocation_timeout", "readiness_health_check_invocation_timeout"],
  ["readiness_health_check_interval", "readiness_health_check_interval"],
  ["readiness_health_check_http_endpoint", "readiness_health_check_endpoint"],
];

function updateOf(settings: Settings): ProcessUpdate {
  const given = UPDATE_KEYS.filter(([key]) => settings[key] !== undefined).map(([key, column]) => [
    column,
    changedValue(key, settings[key]),
  ]);
  return Object.fromEntries(given) as ProcessUpdate;
}

/** `null` and `default` mean the droplet's own command; `none` is an old name of `process`. CC: actions/process_update.rb, ManifestStrategy */
function changedValue(key: string, value: unknown): unknown {
  if (key === "command") return value === null || value === "null" || value === "default" ? null : value;
  return key.endsWith("_type") && value === "none" ? "process" : value;
}

function prefixed(settings: Settings, texts: readonly string[]): string[] {
  return texts.map((text) => `Process "${written(settings["type"] ?? "")}": ${text}`);
}

function sizeTexts(settings: Settings, type: string): string[] {
  const faults = [
    byteSizeFault(settings["memory"], "Memory"),
    byteSizeFault(settings["disk_quota"], "Disk quota"),
    byteSizeFault(settings["log_rate_limit_per_second"], "Log rate limit per second", true),
  ];
  return prefixed(
    { type },
    faults.filter((fault) => fault !== null),
  );
}

function scaleTexts(settings: Settings): string[] {
  const scale = scaleOf(settings);
  const texts = wholeTexts("Instances", settings["instances"], 0, INSTANCES_MAX);
  if (scale?.memory_in_mb === 0) texts.push("Memory must be greater than 0MB");
  if (scale?.disk_in_mb === 0) texts.push("Disk quota must be greater than 0MB");
  return prefixed(settings, texts);
}

function updateTexts(settings: Settings): string[] {
  const change = updateOf(settings);
  const texts: string[] = [];
  const { health_check_type: type, readiness_health_check_type: readiness } = change;
  const http = 'must be "http" to set a health check HTTP endpoint';
  if (type !== undefined && change.health_check_endpoint !== undefined && type !== "http") {
    texts.push(`Health check type ${http}`);
  }
  if (readiness !== undefined && change.readiness_health_check_endpoint !== undefined && readiness !== "http") {
    texts.push(`Readiness health check type ${http}`);
  }
  texts.push(...textTexts("Command", change.command, 4096), ...textTexts("User", change.user, 255));
  texts.push(
    ...typeTexts("Health check type", type),
    ...endpointTexts("Health check http endpoint", change.health_check_endpoint),
  );
  texts.push(...wholeTexts("Health check invocation timeout", change.health_check_invocation_timeout, 1));
  texts.push(...wholeTexts("Health check interval", change.health_check_interval, 1));
  texts.push(...typeTexts("Readiness health check type", readiness));
  texts.push(
    ...wholeTexts("Readiness health check invocation timeout", change.readiness_health_check_invocation_timeout, 1),
  );
  texts.push(...endpointTexts("Readiness health check http endpoint", change.readiness_health_check_endpoint));
  texts.push(...wholeTexts("Readiness health check interval", change.readiness_health_check_interval, 1));
  texts.push(...wholeTexts("Timeout", change.health_check_timeout, 1));
  return prefixed(settings, texts);
}

function wholeTexts(attribute: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): string[] {
  if (value === undefined || value === null) return [];
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) return [`${attribute} is not a number`];
  if (!Number.isInteger(number)) return [`${attribute} must be an integer`];
  if (number < min) return [`${attribute} must be greater than or equal to ${min}`];
  return number > max ? [`${attribute} must be less than or equal to ${max}`] : [];
}

function textTexts(attribute: string, value: unknown, max: number): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== "string") return [`${attribute} must be a string`];
  return value.length >= 1 && value.length <= max ? [] : [`${attribute} must be between 1 and ${max} characters`];
}

function typeTexts(attribute: string, value: unknown): string[] {
  return value === undefined || CHECK_TYPES.includes(value as string)
    ? []
    : [`${attribute} must be "port", "process", or "http"`];
}

function endpointTexts(attribute: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return typeof value === "string" && isUriPath(value) ? [] : [`${attribute} must be a valid URI path`];
}
