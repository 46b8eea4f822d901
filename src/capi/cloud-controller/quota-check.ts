/** Limits that count for what runs; -1 is unlimited. Rows of `organization_quotas` and `space_quotas` are such limits. */
export interface RunLimits {
  readonly total_memory_in_mb: number;
  readonly per_process_memory_in_mb: number;
  readonly total_instances: number;
  readonly per_app_tasks: number;
  readonly log_rate_limit_in_bytes_per_second: number;
}

/** What runs already: started processes times their instances, and tasks that are pending or running. */
export interface RunUsage {
  readonly memoryMb: number;
  readonly instances: number;
  readonly logRateBytes: number;
  readonly tasks: number;
}

/** A space or an organization with its quota. Without `limits` (a space without quota) everything fits. */
export interface QuotaScope {
  readonly kind: "space" | "organization";
  readonly name: string;
  readonly limits: RunLimits | null;
  /** Of everything but what is being checked. */
  readonly usage: RunUsage;
}

export interface ProcessSize {
  readonly instances: number;
  readonly memoryMb: number;
  /** -1: unlimited. */
  readonly logRateBytes: number;
}

const UNLIMITED = -1;

/**
 * What forbids a started process of this size, in CC's words; empty when it fits. `scopes`: the space first. CC: models/runtime/process_model.rb
 * (validation policies), models/runtime/constraints/
 */
export function processQuotaTexts(wanted: ProcessSize, scopes: readonly QuotaScope[]): string[] {
  const each = (text: (scope: QuotaScope, limits: RunLimits) => string | null): string[] =>
    scopes.flatMap((scope) => (scope.limits === null ? [] : (text(scope, scope.limits) ?? [])));
  const prefix = (scope: QuotaScope): string => (scope.kind === "space" ? "space_" : "");
  return [
    ...each((scope, limits) =>
      fits(limits.total_memory_in_mb, scope.usage.memoryMb + wanted.memoryMb * wanted.instances)
        ? null
        : `memory ${prefix(scope)}quota_exceeded`,
    ),
    ...each((scope, limits) =>
      fits(limits.per_process_memory_in_mb, wanted.memoryMb)
        ? null
        : `memory ${prefix(scope)}instance_memory_limit_exceeded`,
    ),
    ...each((scope, limits) =>
      fits(limits.total_instances, scope.usage.instances + wanted.instances)
        ? null
        : `app_instance_limit ${prefix(scope)}app_instance_limit_exceeded`,
    ),
    ...scopes.flatMap((scope) => logRateTexts("log_rate_limit", wanted.logRateBytes, wanted.instances, scope)),
  ];
}

/** What forbids a task of this size. CC: models/runtime/task_model.rb */
export function taskQuotaTexts(
  wanted: { readonly memoryMb: number; readonly logRateBytes: number },
  scopes: readonly QuotaScope[],
): string[] {
  return scopes.flatMap((scope) => {
    const { limits, usage, kind } = scope;
    if (limits === null) return [];
    return [
      ...(fits(limits.total_memory_in_mb, usage.memoryMb + wanted.memoryMb)
        ? []
        : [`memory_in_mb exceeds ${kind} memory quota`]),
      ...(fits(limits.per_process_memory_in_mb, wanted.memoryMb)
        ? []
        : [`memory_in_mb exceeds ${kind} instance memory quota`]),
      ...logRateTexts("log_rate_limit", wanted.logRateBytes, 1, scope),
      ...(fits(limits.per_app_tasks, usage.tasks + 1) ? [] : ["app_task_limit quota exceeded"]),
    ];
  });
}

export type StagingRefusal =
  | "SpaceQuotaExceeded"
  | "OrgQuotaExceeded"
  | "SpaceLogRateQuotaExceeded"
  | "OrgLogRateQuotaExceeded";

/** The first limit that forbids staging; null when it fits. CC: backends/quota_validating_staging_memory_calculator.rb */
export function stagingQuotaRefusal(
  wanted: { readonly memoryMb: number; readonly logRateBytes: number },
  scopes: readonly QuotaScope[],
): StagingRefusal | null {
  for (const { kind, limits, usage } of scopes) {
    if (limits === null || fits(limits.total_memory_in_mb, usage.memoryMb + wanted.memoryMb)) continue;
    return kind === "space" ? "SpaceQuotaExceeded" : "OrgQuotaExceeded";
  }
  for (const scope of scopes) {
    if (logRateTexts("", wanted.logRateBytes, 1, scope).length === 0) continue;
    return scope.kind === "space" ? "SpaceLogRateQuotaExceeded" : "OrgLogRateQuotaExceeded";
  }
  return null;
}

function fits(limit: number, used: number): boolean {
  return limit === UNLIMITED || used <= limit;
}

function logRateTexts(
  field: string,
  perInstance: number,
  instances: number,
  { kind, name, limits, usage }: QuotaScope,
): string[] {
  const limit = limits?.log_rate_limit_in_bytes_per_second ?? UNLIMITED;
  if (limit === UNLIMITED) return [];
  if (perInstance === UNLIMITED) return [`${field} cannot be unlimited in ${kind} '${name}'.`];
  return usage.logRateBytes + perInstance * instances <= limit ? [] : [`${field} exceeds ${kind} log rate quota`];
}
