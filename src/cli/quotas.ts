import type { FlagSpec, Input } from "./args.ts";
import { byteSize } from "./bytes.ts";
import type { Cli } from "./cli.ts";
import { CcFailure } from "./cloud-controller.ts";
import { flag, value } from "./command.ts";
import { argumentsCannotCombine, notFound } from "./errors.ts";
import { countLimit, logVolumeLimit, memoryLimit } from "./flag-values.ts";
import type { Resource } from "./resources.ts";
import type { Ui } from "./ui.ts";

/** Null: no limit. */
type Limit = number | null;

/** A quota of orgs or of spaces: both have the same limits. */
export interface Quota extends Resource {
  readonly apps: {
    readonly total_memory_in_mb: Limit;
    readonly per_process_memory_in_mb: Limit;
    readonly total_instances: Limit;
    readonly log_rate_limit_in_bytes_per_second?: Limit;
  };
  readonly services: { readonly paid_services_allowed: boolean; readonly total_service_instances: Limit };
  readonly routes: { readonly total_routes: Limit; readonly total_reserved_ports: Limit };
}

export const CREATE_QUOTA_FLAGS: readonly FlagSpec[] = [
  value("-a", "Total number of application instances. (Default: unlimited)."),
  flag("--allow-paid-service-plans", "Allow provisioning instances of paid service plans. (Default: disallowed)."),
  value("-i", "Maximum amount of memory a process can have (e.g. 1024M, 1G, 10G). (Default: unlimited)."),
  value(
    "-m",
    "Total amount of memory all processes can have (e.g. 1024M, 1G, 10G). -1 represents an unlimited amount. (Default: 0).",
  ),
  value("-r", "Total number of routes. -1 represents an unlimited amount. (Default: 0)."),
  value(
    "--reserved-route-ports",
    "Maximum number of routes that may be created with ports. -1 represents an unlimited amount. (Default: 0).",
  ),
  value("-s", "Total number of service instances. -1 represents an unlimited amount. (Default: 0)."),
  value(
    "-l",
    "Total log volume per second all processes can have, in bytes (e.g. 128B, 4K, 1M). -1 represents an unlimited amount. (Default: -1).",
  ),
];

export const UPDATE_QUOTA_FLAGS: readonly FlagSpec[] = [
  value("-a", "Total number of application instances. -1 represents an unlimited amount."),
  flag("--allow-paid-service-plans", "Allow provisioning instances of paid service plans."),
  flag("--disallow-paid-service-plans", "Disallow provisioning instances of paid service plans."),
  value("-i", "Maximum amount of memory a process can have (e.g. 1024M, 1G, 10G). -1 represents an unlimited amount."),
  value(
    "-m",
    "Total amount of memory all processes can have (e.g. 1024M, 1G, 10G). -1 represents an unlimited amount.",
  ),
  value("-n", "New name"),
  value("-r", "Total number of routes. -1 represents an unlimited amount."),
  value(
    "--reserved-route-ports",
    "Maximum number of routes that may be created with ports. -1 represents an unlimited amount.",
  ),
  value("-s", "Total number of service instances. -1 represents an unlimited amount."),
  value(
    "-l",
    "Total log volume per second all processes can have, in bytes (e.g. 128B, 4K, 1M). -1 represents an unlimited amount.",
  ),
];

/**
 * The body that makes a quota; what its flags do not say is 0, or without limit where the API has it so. Throws
 * `UsageError`. cli: actor/v7action/organization_quota.go
 */
export function newQuota(name: string, input: Input): Record<string, unknown> {
  const given = limitsOf(input);
  return {
    name,
    apps: { total_memory_in_mb: 0, ...given.apps },
    services: {
      paid_services_allowed: input.has("allow-paid-service-plans"),
      total_service_instances: 0,
      ...given.services,
    },
    routes: { total_routes: 0, total_reserved_ports: 0, ...given.routes },
  };
}

/** The body that changes a quota: only what the flags say. Throws `UsageError`. */
export function changedQuota(name: string, input: Input): Record<string, unknown> {
  const [allow, disallow] = [input.has("allow-paid-service-plans"), input.has("disallow-paid-service-plans")];
  if (allow && disallow) throw argumentsCannotCombine("--allow-paid-service-plans", "--disallow-paid-service-plans");
  const { apps, services, routes } = limitsOf(input);
  const paid = allow || disallow ? { paid_services_allowed: allow } : {};
  const newName = input.text("n") ?? "";
  return { name: newName === "" ? name : newName, apps, services: { ...paid, ...services }, routes };
}

function limitsOf(input: Input): Record<"apps" | "services" | "routes", Record<string, Limit>> {
  return {
    apps: given({
      total_memory_in_mb: memoryLimit(input, "m"),
      per_process_memory_in_mb: memoryLimit(input, "i"),
      total_instances: countLimit(input, "a"),
      log_rate_limit_in_bytes_per_second: logVolumeLimit(input, "l"),
    }),
    services: given({ total_service_instances: countLimit(input, "s") }),
    routes: given({
      total_routes: countLimit(input, "r"),
      total_reserved_ports: countLimit(input, "reserved-route-ports"),
    }),
  };
}

function given(limits: Readonly<Record<string, Limit | undefined>>): Record<string, Limit> {
  return Object.fromEntries(Object.entries(limits).filter((limit): limit is [string, Limit] => limit[1] !== undefined));
}

/** Throws `NotFound` for the quota. */
export async function giveOrgQuota(cli: Cli, quotaName: string, orgGuid: string): Promise<void> {
  const quota = await orgQuotaByName(cli, quotaName);
  const path = `/v3/organization_quotas/${quota.guid}/relationships/organizations`;
  await cli.cc.post(path, { data: [{ guid: orgGuid }] });
}

/** One of its org. Throws `NotFound` for the quota. */
export async function giveSpaceQuota(cli: Cli, quotaName: string, orgGuid: string, spaceGuid: string): Promise<void> {
  const quota = await spaceQuotaByName(cli, quotaName, orgGuid);
  await cli.cc.post(`/v3/space_quotas/${quota.guid}/relationships/spaces`, { data: [{ guid: spaceGuid }] });
}

/** Throws `NotFound`. */
export async function orgQuotaByName({ cc }: Cli, name: string): Promise<Quota> {
  const quota = await cc.first<Quota>("/v3/organization_quotas", { names: [name] });
  if (quota === null) throw notFound("Organization quota with name", name);
  return quota;
}

/** Of the targeted org unless another one is named. Throws `NotFound`. */
export async function spaceQuotaByName({ cc, org }: Cli, name: string, orgGuid = org.guid): Promise<Quota> {
  const quota = await cc.first<Quota>("/v3/space_quotas", { names: [name], organization_guids: orgGuid });
  if (quota === null) throw notFound("Space quota with name", name);
  return quota;
}

export function isQuotaNameTaken(error: unknown): error is CcFailure {
  return error instanceof CcFailure && error.status === 422 && /Quota '.*' already exists\./s.test(error.message);
}

/** What both tables show, in their order. */
const LIMITS = [
  "total memory",
  "instance memory",
  "routes",
  "service instances",
  "paid service plans",
  "app instances",
  "route ports",
  "log volume per second",
] as const;

export function showQuotas(ui: Ui, quotas: readonly Quota[], none: string): void {
  if (quotas.length === 0) {
    ui.text(none);
    return;
  }
  ui.table([["name", ...LIMITS], ...quotas.map((quota) => [quota.name, ...limitTexts(quota)])]);
}

export function showQuota(ui: Ui, quota: Quota): void {
  const texts = limitTexts(quota);
  ui.keyValues(LIMITS.map((name, index) => [`${name}:`, texts[index]!]));
}

/** The limits of a quota in the order of `LIMITS`. cli: command/v7/shared/quota_displayer.go */
function limitTexts({ apps, services, routes }: Quota): string[] {
  return [
    memory(apps.total_memory_in_mb),
    memory(apps.per_process_memory_in_mb),
    count(routes.total_routes),
    count(services.total_service_instances),
    services.paid_services_allowed ? "allowed" : "disallowed",
    count(apps.total_instances),
    count(routes.total_reserved_ports),
    bytes(apps.log_rate_limit_in_bytes_per_second ?? null),
  ];
}

function count(limit: Limit): string {
  return limit === null ? "unlimited" : String(limit);
}

function memory(limitMb: Limit): string {
  return bytes(limitMb === null ? null : limitMb * 1_048_576);
}

function bytes(limit: Limit): string {
  if (limit === null) return "unlimited";
  return limit === 0 ? "0" : byteSize(limit);
}
