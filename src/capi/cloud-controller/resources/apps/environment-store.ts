import { type Kysely, sql } from "kysely";
import type { CcDatabase } from "../../store/schema.ts";
import { sourceText } from "../route-policies/source.ts";
import { isCreated } from "../service-instances/last-operation.ts";
import type { BoundService, EnvironmentValues } from "./environment.ts";

/** The variables that an operator gives every app while it runs or is staged. */
export async function environmentGroup(
  db: Kysely<CcDatabase>,
  name: "running" | "staging",
): Promise<EnvironmentValues> {
  const row = await db
    .selectFrom("environment_variable_groups")
    .where("name", "=", name)
    .select("variables")
    .executeTakeFirst();
  return JSON.parse(row?.variables ?? "{}") as EnvironmentValues;
}

/** Successful bindings, the newest per instance, in order of creation. CC: service_binding.rb, active_per_instance */
export async function boundServices(db: Kysely<CcDatabase>, appGuid: string): Promise<BoundService[]> {
  const rows = await db
    .selectFrom("service_credential_bindings as binding")
    .innerJoin("service_instances as instance", "instance.guid", "binding.service_instance_guid")
    .leftJoin("service_plans as plan", "plan.guid", "instance.service_plan_guid")
    .leftJoin("service_offerings as offering", "offering.guid", "plan.service_offering_guid")
    .where("binding.app_guid", "=", appGuid)
    .where("binding.type", "=", "app")
    .orderBy("binding.id")
    .select([
      "binding.guid as binding_guid",
      "binding.name as binding_name",
      "binding.credentials",
      "binding.syslog_drain_url",
      "binding.volume_mounts",
      "binding.last_operation",
      "instance.guid as instance_guid",
      "instance.name as instance_name",
      "instance.type",
      "instance.tags",
      "instance.credentials as instance_credentials",
      "instance.syslog_drain_url as instance_syslog_drain_url",
      "plan.name as plan",
      "offering.name as offering",
      "offering.tags as offering_tags",
    ])
    .execute();
  const newest = new Map<string, BoundService>();
  for (const row of rows) {
    if (!isCreated(row)) continue;
    newest.delete(row.instance_guid); // the newest keeps its own place
    const userProvided = row.type === "user-provided";
    const own = JSON.parse(row.credentials) as Record<string, unknown>;
    newest.set(row.instance_guid, {
      bindingGuid: row.binding_guid,
      bindingName: row.binding_name,
      instanceGuid: row.instance_guid,
      instanceName: row.instance_name,
      userProvided,
      offering: row.offering,
      plan: row.plan,
      tags: [
        ...new Set([...(JSON.parse(row.offering_tags ?? "[]") as string[]), ...(JSON.parse(row.tags) as string[])]),
      ],
      credentials:
        userProvided && Object.keys(own).length === 0
          ? (JSON.parse(row.instance_credentials) as Record<string, unknown>)
          : own,
      syslogDrainUrl: row.syslog_drain_url ?? row.instance_syslog_drain_url,
      volumeMounts: JSON.parse(row.volume_mounts) as Record<string, unknown>[],
    });
  }
  return [...newest.values()];
}

export interface MappedRoute {
  readonly appGuid: string;
  readonly processType: string;
  readonly appPort: number | null;
  readonly protocol: "http1" | "http2" | "tcp" | null;
  readonly host: string;
  readonly domain: string;
  readonly path: string;
  /** 0: an HTTP route. */
  readonly port: number;
  readonly internal: boolean;
  readonly routerGroupGuid: string | null;
  readonly routeServiceUrl: string | null;
  readonly options: Readonly<Record<string, unknown>> | null;
}

/** Every route that leads to the app, in order of the routes' creation. */
export async function mappedRoutes(db: Kysely<CcDatabase>, appGuid: string): Promise<MappedRoute[]> {
  const rows = await db
    .selectFrom("route_destinations as destination")
    .innerJoin("routes as route", "route.guid", "destination.route_guid")
    .innerJoin("domains as domain", "domain.guid", "route.domain_guid")
    .leftJoin("service_route_bindings as service", "service.route_guid", "route.guid")
    .where("destination.app_guid", "=", appGuid)
    .orderBy(sql.ref("route.id"))
    .orderBy(sql.ref("destination.id"))
    .select([
      "destination.app_guid",
      "destination.process_type",
      "destination.app_port",
      "destination.protocol",
      "route.host",
      "route.path",
      "route.port",
      "route.options",
      "route.guid as route_guid",
      "domain.enforce_route_policies",
      "domain.route_policies_scope",
      "domain.name as domain",
      "domain.internal",
      "domain.router_group_guid",
      "service.route_service_url",
    ])
    .execute();
  const enforced = rows.filter((row) => row.enforce_route_policies === 1).map((row) => row.route_guid);
  const policies = enforced.length === 0 ? new Map<string, string[]>() : await policySources(db, enforced);
  return rows.map((row) => {
    const options = {
      ...(JSON.parse(row.options) as Record<string, unknown>),
      ...(row.enforce_route_policies === 1
        ? policyOptions(row.route_policies_scope, policies.get(row.route_guid) ?? [])
        : {}),
    };
    return {
      appGuid: row.app_guid,
      processType: row.process_type,
      appPort: row.app_port,
      protocol: row.protocol,
      host: row.host,
      domain: row.domain,
      path: row.path,
      port: row.port,
      internal: row.internal === 1,
      routerGroupGuid: row.router_group_guid,
      routeServiceUrl: row.route_service_url,
      options: Object.keys(options).length === 0 ? null : options,
    };
  });
}

/** Sources of the routes' policies, oldest first. */
async function policySources(db: Kysely<CcDatabase>, routeGuids: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await db
    .selectFrom("route_policies")
    .where("route_guid", "in", [...new Set(routeGuids)])
    .orderBy("id")
    .select(["route_guid", "source_type", "source_guid"])
    .execute();
  const byRoute = new Map<string, string[]>();
  for (const row of rows) byRoute.set(row.route_guid, [...(byRoute.get(row.route_guid) ?? []), sourceText(row)]);
  return byRoute;
}

/** What the router is told; `/v3/routes` never shows it. CC: diego/protocol/routing_info.rb */
function policyOptions(scope: string | null, sources: readonly string[]): Record<string, string> {
  return {
    ...(scope === null ? {} : { route_policy_scope: scope }),
    ...(sources.length === 0 ? {} : { route_policy_sources: sources.join(",") }),
  };
}

/** `host.domain/path`, of a TCP route `domain:port`. CC: route.rb, uri */
export function routeUri(route: Pick<MappedRoute, "host" | "domain" | "path" | "port">): string {
  if (route.port > 0) return `${route.domain}:${route.port}`;
  return `${route.host === "" ? "" : `${route.host}.`}${route.domain}${route.path}`;
}

/** Each uri once. */
export function routeUris(routes: readonly MappedRoute[], processType?: string): string[] {
  const mine = processType === undefined ? routes : routes.filter((route) => route.processType === processType);
  return [...new Set(mine.map(routeUri))];
}
