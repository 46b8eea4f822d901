import { z } from "zod";
import type { Flag, QuotaColumns } from "./store/schema.ts";
import { check, numberOf, own } from "./validation.ts";

const INT_MAX = 2_147_483_647;

/** A whole number from 0, or null for unlimited. Rails: numericality */
function limit(max = INT_MAX) {
  return z
    .unknown()
    .superRefine(
      check<unknown>((given) => {
        const value = numberOf(given);
        if (value === null || value === undefined) return [];
        if (typeof value !== "number") return ["is not a number"];
        if (!Number.isInteger(value)) return ["must be an integer"];
        if (value < 0) return ["must be greater than or equal to 0"];
        return value > max ? [`must be less than or equal to ${max}`] : [];
      }),
    )
    .transform((value) => numberOf(value) as number | null | undefined)
    .optional();
}

const paidServices = z.boolean({ error: own("must be a boolean") }).nullish();

/** `apps`, `services` and `routes` of both kinds of quota. CC: messages/quotas_apps_message.rb and its neighbours */
export const QUOTA_LIMITS = {
  apps: z
    .strictObject({
      total_memory_in_mb: limit(),
      per_process_memory_in_mb: limit(),
      total_instances: limit(),
      per_app_tasks: limit(),
      log_rate_limit_in_bytes_per_second: limit(Number.MAX_SAFE_INTEGER),
    })
    .optional(),
  services: z
    .strictObject({
      total_service_keys: limit(),
      total_service_instances: limit(),
      paid_services_allowed: paidServices,
    })
    .optional(),
  routes: z.strictObject({ total_routes: limit(), total_reserved_ports: limit() }).optional(),
};

/** `domains` of organization quotas. */
export const DOMAIN_LIMITS = z.strictObject({ total_domains: limit() }).optional();

export function quotaName() {
  return z.string().min(1).max(250);
}

type LimitsBody = { readonly [K in "apps" | "services" | "routes"]?: z.output<(typeof QUOTA_LIMITS)[K]> };
export type LimitColumns = Omit<QuotaColumns, "id" | "guid" | "created_at" | "updated_at" | "name">;

/** The columns that a body names; null means unlimited. */
export function limitColumns({ apps, services, routes }: LimitsBody): Partial<LimitColumns> {
  const numbers = { ...apps, ...routes, ...services, paid_services_allowed: undefined };
  const named = Object.entries(numbers).filter(([, value]) => value !== undefined);
  const paid = services?.paid_services_allowed;
  return {
    ...(Object.fromEntries(named.map(([name, value]) => [name, value ?? -1])) as Partial<LimitColumns>),
    ...(paid === undefined ? {} : { paid_services_allowed: (paid === false ? 0 : 1) as Flag }),
  };
}

/** A new quota that names nothing: all unlimited. CC: models/runtime/quota_definition.rb */
export const NO_LIMITS: LimitColumns = {
  total_memory_in_mb: -1,
  per_process_memory_in_mb: -1,
  total_instances: -1,
  per_app_tasks: -1,
  log_rate_limit_in_bytes_per_second: -1,
  paid_services_allowed: 1,
  total_service_instances: -1,
  total_service_keys: -1,
  total_routes: -1,
  total_reserved_ports: -1,
};

/** Ports are routes: there cannot be more of them. */
export function reservedPortsFit(columns: Pick<LimitColumns, "total_routes" | "total_reserved_ports">): boolean {
  return columns.total_routes < 0 || columns.total_reserved_ports <= columns.total_routes;
}

/** `apps`, `services`, `routes` of a quota's document; unlimited is null. */
export function presentLimits(quota: LimitColumns): object {
  const shown = (value: number): number | null => (value === -1 ? null : value);
  return {
    apps: {
      total_memory_in_mb: shown(quota.total_memory_in_mb),
      per_process_memory_in_mb: shown(quota.per_process_memory_in_mb),
      total_instances: shown(quota.total_instances),
      per_app_tasks: shown(quota.per_app_tasks),
      log_rate_limit_in_bytes_per_second: shown(quota.log_rate_limit_in_bytes_per_second),
    },
    services: {
      paid_services_allowed: quota.paid_services_allowed === 1,
      total_service_instances: shown(quota.total_service_instances),
      total_service_keys: shown(quota.total_service_keys),
    },
    routes: {
      total_routes: shown(quota.total_routes),
      total_reserved_ports: shown(quota.total_reserved_ports),
    },
  };
}
