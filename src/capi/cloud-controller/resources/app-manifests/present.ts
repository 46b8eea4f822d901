import type { Kysely } from "kysely";
import { metadataOf } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { APP_FEATURES } from "../app-features/routes.ts";
import { mappedRoutes, routeUri } from "../apps/environment-store.ts";
import { readLifecycleData } from "../apps/lifecycle.ts";
import type { App } from "../apps/place.ts";
import { type Process, processesOfApp } from "../processes/model.ts";
import { processTypesOf, sidecarsOfApp } from "../sidecars/model.ts";
import { shownBytes } from "./byte-size.ts";

/** The app as one entry of `applications`. CC: presenters/v3/app_manifest_presenter.rb */
export async function manifestOfApp(db: Kysely<CcDatabase>, app: App): Promise<Record<string, unknown>> {
  const metadata = (await metadataOf(db, "app", [app.guid]))(app.guid);
  const shownMetadata = {
    ...nonEmpty("labels", metadata.labels),
    ...nonEmpty("annotations", metadata.annotations),
  };
  const processes = (await processesOfApp(db, app.guid)).sort((a, b) => (a.type < b.type ? -1 : 1));
  return withoutNulls({
    name: app.name,
    ...nonEmpty("env", JSON.parse(app.environment_variables) as object),
    lifecycle: app.lifecycle_type,
    ...(app.lifecycle_type === "docker" ? await dockerOf(db, app) : buildpacksOf(app)),
    features: Object.fromEntries(Object.entries(APP_FEATURES).map(([name, { column }]) => [name, app[column] === 1])),
    ...nonEmpty("services", await serviceNames(db, app.guid)),
    ...nonEmpty("routes", await routesOf(db, app.guid)),
    ...nonEmpty("metadata", shownMetadata),
    ...nonEmpty("processes", processes.map(manifestOfProcess)),
    ...nonEmpty("sidecars", await sidecarsShown(db, app.guid)),
  });
}

export function manifestOfProcess(process: Process): Record<string, unknown> {
  const rate = process.log_rate_limit_in_bytes_per_second;
  return withoutNulls({
    type: process.type,
    instances: process.instances,
    memory: `${process.memory_in_mb}M`,
    disk_quota: `${process.disk_in_mb}M`,
    "log-rate-limit-per-second": rate === -1 ? -1 : shownBytes(rate),
    command: process.command,
    user: process.user,
    "health-check-type": process.health_check_type,
    "health-check-http-endpoint": process.health_check_http_endpoint,
    "health-check-invocation-timeout": process.health_check_invocation_timeout,
    "health-check-interval": process.health_check_interval,
    "readiness-health-check-type": process.readiness_health_check_type,
    "readiness-health-check-http-endpoint": process.readiness_health_check_http_endpoint,
    "readiness-health-check-invocation-timeout": process.readiness_health_check_invocation_timeout,
    "readiness-health-check-interval": process.readiness_health_check_interval,
    timeout: process.health_check_timeout,
  });
}

function buildpacksOf(app: App): Record<string, unknown> {
  const { buildpacks, stack } = readLifecycleData(app.lifecycle_data);
  return { ...nonEmpty("buildpacks", buildpacks), stack };
}

async function dockerOf(db: Kysely<CcDatabase>, app: App): Promise<Record<string, unknown>> {
  const pkg = await db
    .selectFrom("droplets")
    .innerJoin("packages", "packages.guid", "droplets.package_guid")
    .where("droplets.guid", "=", app.droplet_guid ?? "")
    .select(["packages.docker_image", "packages.docker_username"])
    .executeTakeFirst();
  if (pkg === undefined) return {};
  return { docker: withoutNulls({ image: pkg.docker_image, username: pkg.docker_username }) };
}

async function serviceNames(db: Kysely<CcDatabase>, appGuid: string): Promise<string[]> {
  const rows = await db
    .selectFrom("service_credential_bindings")
    .innerJoin("service_instances", "service_instances.guid", "service_credential_bindings.service_instance_guid")
    .where("service_credential_bindings.app_guid", "=", appGuid)
    .select("service_instances.name")
    .execute();
  return alphabetical(rows, ({ name }) => name).map(({ name }) => name);
}

async function routesOf(db: Kysely<CcDatabase>, appGuid: string): Promise<object[]> {
  const routes = await mappedRoutes(db, appGuid);
  const shown = routes.map((route) => ({
    route: routeUri(route),
    protocol: route.protocol ?? (route.port > 0 ? "tcp" : "http1"),
    ...(route.options === null ? {} : { options: route.options }),
  }));
  return alphabetical(shown, ({ route }) => route);
}

async function sidecarsShown(db: Kysely<CcDatabase>, appGuid: string): Promise<object[]> {
  const sidecars = (await sidecarsOfApp(db, appGuid)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return sidecars.map((sidecar) => ({
    name: sidecar.name,
    process_types: processTypesOf(sidecar),
    command: sidecar.command,
    ...(sidecar.memory_in_mb === null ? {} : { memory: `${sidecar.memory_in_mb}M` }),
  }));
}

function alphabetical<T>(items: readonly T[], name: (item: T) => string): T[] {
  return items.toSorted((a, b) => (name(a).toLowerCase() < name(b).toLowerCase() ? -1 : 1));
}

function nonEmpty(key: string, value: object): Record<string, unknown> {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}

function withoutNulls(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
}
