import { byteSize } from "../bytes.ts";
import type { Command } from "../command.ts";
import type { Resource } from "../resources.ts";

type Limit = number | null;
interface OrgQuota extends Resource {
  readonly apps: {
    readonly total_memory_in_mb: Limit;
    readonly per_process_memory_in_mb: Limit;
    readonly total_instances: Limit;
    readonly log_rate_limit_in_bytes_per_second?: Limit;
  };
  readonly services: { readonly paid_services_allowed: boolean; readonly total_service_instances: Limit };
  readonly routes: { readonly total_routes: Limit; readonly total_reserved_ports: Limit };
}

export const command: Command = {
  usage: "cf org-quotas",
  related: "org-quota",
  run: async (cli) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting org quotas as ${user.name}...`;
    cli.ui.text();
    const { resources } = await cli.cc.list<OrgQuota>("/v3/organization_quotas");
    if (resources.length === 0) {
      cli.ui.text("No organization quotas found.");
      return;
    }
    const rows = resources.map(({ name, apps, services, routes }) => [
      name,
      memory(apps.total_memory_in_mb),
      memory(apps.per_process_memory_in_mb),
      count(routes.total_routes),
      count(services.total_service_instances),
      services.paid_services_allowed ? "allowed" : "disallowed",
      count(apps.total_instances),
      count(routes.total_reserved_ports),
      bytes(apps.log_rate_limit_in_bytes_per_second ?? null),
    ]);
    const head = ["name", "total memory", "instance memory", "routes", "service instances", "paid service plans"];
    cli.ui.table([[...head, "app instances", "route ports", "log volume per second"], ...rows]);
  },
};

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
