import type { Kysely } from "kysely";
import type { ProcessToRun, SecurityGroupRule } from "../../../cc-bridge/model.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { SHARED_SEGMENT } from "../../store/seed.ts";
import { processEnvironment, vcapApplication } from "../apps/environment.ts";
import {
  boundServices,
  environmentGroup,
  type MappedRoute,
  mappedRoutes,
  routeUri,
  routeUris,
} from "../apps/environment-store.ts";
import { readLifecycleData } from "../apps/lifecycle.ts";
import { type AppPlace, findAppPlace } from "../apps/place.ts";
import { processTypesOf, type Sidecar, sidecarsOfApp } from "../sidecars/model.ts";
import { detectedCommand, FILE_DESCRIPTORS, type Process } from "./model.ts";

const DEFAULT_PORT = 8080;

/** Rows of one read: the event loop waits for it. */
const READ_AT_ONCE = 1_000;

/** Every process that Diego shall run. CC: process_model.rb, runnable */
export async function processesToRun(
  db: Kysely<CcDatabase>,
): Promise<{ guid: string; version: string; annotation: string }[]> {
  const all: { guid: string; version: string; annotation: string }[] = [];
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom("processes")
      .innerJoin("apps", "apps.guid", "processes.app_guid")
      .where("processes.id", ">", after)
      .where("processes.state", "=", "STARTED")
      .where("processes.instances", ">", 0)
      .where("apps.droplet_guid", "is not", null)
      .where("apps.lifecycle_type", "=", "buildpack")
      .orderBy("processes.id")
      .limit(READ_AT_ONCE)
      .select(["processes.id", "processes.guid", "processes.version", "processes.updated_at"])
      .execute();
    for (const { guid, version, updated_at } of rows) all.push({ guid, version, annotation: annotationOf(updated_at) });
    if (rows.length < READ_AT_ONCE) return all;
    after = rows.at(-1)!.id;
  }
}

/** Null when it shall not run. */
export async function processToRun(api: CcApi, guid: string): Promise<ProcessToRun | null> {
  const process = await api.db.selectFrom("processes").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (process === undefined || process.state !== "STARTED" || process.instances === 0) return null;
  const place = await findAppPlace(api.db, process.app_guid);
  if (place === null || place.app.lifecycle_type !== "buildpack") return null;
  const run = await whatRuns(api.db, place, process);
  if (run === null) return null;
  const routes = await mappedRoutes(api.db, place.app.guid);
  const services = await boundServices(api.db, place.app.guid);
  const group = await environmentGroup(api.db, "running");
  const sidecars = (await sidecarsOfApp(api.db, place.app.guid)).filter((sidecar) =>
    processTypesOf(sidecar).includes(process.type),
  );
  const environmentOf = (memoryMb: number) =>
    processEnvironment(
      group,
      run.environment,
      vcapApplicationOf(api, place, process, routes, memoryMb),
      memoryMb,
      services,
    );
  const mine = routes.filter((route) => route.processType === process.type);
  return {
    ...ownershipOf(place),
    guid: process.guid,
    version: process.version,
    annotation: annotationOf(process.updated_at),
    type: process.type,
    instances: process.instances,
    memoryMb: process.memory_in_mb,
    diskMb: process.disk_in_mb,
    logRateLimitBytesPerSecond: process.log_rate_limit_in_bytes_per_second,
    fileDescriptors: FILE_DESCRIPTORS,
    stack: readLifecycleData(place.app.lifecycle_data).stack ?? run.stack,
    droplet: run.checksum,
    startCommand: run.command,
    executionMetadata: run.executionMetadata,
    user: process.user || "vcap",
    ports: portsOf(mine),
    appPorts: [...new Set([...(process.type === "web" ? [DEFAULT_PORT] : []), ...routes.map(portOf)])].sort(
      (a, b) => a - b,
    ),
    environment: environmentOf(process.memory_in_mb - memoryOf(sidecars)),
    sidecars: sidecars.map(({ name, command, memory_in_mb: memoryMb }) => ({
      name,
      command,
      environment: environmentOf(memoryMb ?? process.memory_in_mb),
    })),
    healthCheck: {
      type: process.health_check_type,
      timeoutSeconds: process.health_check_timeout,
      invocationTimeoutSeconds: process.health_check_invocation_timeout,
      intervalSeconds: process.health_check_interval,
      httpEndpoint: process.health_check_http_endpoint,
    },
    readinessHealthCheck: {
      type: process.readiness_health_check_type,
      invocationTimeoutSeconds: process.readiness_health_check_invocation_timeout,
      intervalSeconds: process.readiness_health_check_interval,
      httpEndpoint: process.readiness_health_check_http_endpoint,
    },
    ...routesOf(mine),
    securityGroupRules: await securityGroupRules(api.db, place.space.guid, "running"),
    placementTags: await placementTags(api.db, place),
  };
}

/** Names and guids of app, space and organization. */
export function ownershipOf({ app, space, organization }: AppPlace) {
  return {
    appGuid: app.guid,
    appName: app.name,
    spaceGuid: space.guid,
    spaceName: space.name,
    organizationGuid: organization.guid,
    organizationName: organization.name,
  };
}

/** The BBS keeps it with the LRP; another one means that something changed. */
export function annotationOf(updatedAt: number): string {
  return String(updatedAt);
}

/** Rules of the groups that hold for the space. CC: models/runtime/space.rb, security_groups */
export async function securityGroupRules(
  db: Kysely<CcDatabase>,
  spaceGuid: string,
  lifecycle: "running" | "staging",
): Promise<SecurityGroupRule[]> {
  const column = lifecycle === "running" ? "running_default" : "staging_default";
  const rows = await db
    .selectFrom("security_groups")
    .where((eb) =>
      eb.or([
        eb(column, "=", 1),
        eb(
          "guid",
          "in",
          eb
            .selectFrom("security_group_spaces")
            .where("space_guid", "=", spaceGuid)
            .where("lifecycle", "=", lifecycle)
            .select("security_group_guid"),
        ),
      ]),
    )
    .orderBy("id")
    .select("rules")
    .execute();
  return rows.flatMap(({ rules }) => JSON.parse(rules) as SecurityGroupRule[]);
}

/** The isolation segment's name; none for the shared one. CC: isolation_segment_selector.rb */
export async function placementTags(db: Kysely<CcDatabase>, place: AppPlace): Promise<string[]> {
  const guid = place.space.isolation_segment_guid ?? place.organization.default_isolation_segment_guid;
  if (guid === null || guid === SHARED_SEGMENT.guid) return [];
  const segment = await db.selectFrom("isolation_segments").where("guid", "=", guid).select("name").executeTakeFirst();
  return segment === undefined ? [] : [segment.name];
}

/** Droplet, command and variables: of the process's revision where the app has revisions. CC: process_model.rb, actual_droplet */
async function whatRuns(db: Kysely<CcDatabase>, { app }: AppPlace, process: Process) {
  const revision =
    app.revisions_enabled === 1 && process.revision_guid !== null
      ? await db.selectFrom("revisions").where("guid", "=", process.revision_guid).selectAll().executeTakeFirst()
      : undefined;
  const droplet = await stagedDroplet(db, revision?.droplet_guid ?? app.droplet_guid);
  if (droplet === undefined) return null;
  const checksum = droplet.sha256 ?? droplet.sha1;
  if (checksum === null) return null;
  const commands = JSON.parse(revision?.process_commands ?? "{}") as Record<string, string | null>;
  const command = revision === undefined ? process.command : (commands[process.type] ?? null);
  return {
    stack: droplet.stack ?? "cflinuxfs4",
    checksum: { algorithm: droplet.sha256 === null ? ("sha1" as const) : ("sha256" as const), value: checksum },
    command: command || detectedCommand(process.type, droplet.process_types),
    executionMetadata: droplet.execution_metadata,
    environment: JSON.parse(revision?.environment_variables ?? app.environment_variables) as Record<string, unknown>,
  };
}

async function stagedDroplet(db: Kysely<CcDatabase>, guid: string | null) {
  if (guid === null) return undefined;
  return await db
    .selectFrom("droplets")
    .where("guid", "=", guid)
    .where("state", "=", "STAGED")
    .selectAll()
    .executeTakeFirst();
}

function vcapApplicationOf(
  api: CcApi,
  place: AppPlace,
  process: Process,
  routes: readonly MappedRoute[],
  memoryMb: number,
): Record<string, unknown> {
  return vcapApplication({
    ...ownershipOf(place),
    apiUrl: api.config.urls.api,
    uris: routeUris(routes, process.type),
    limits: { fds: FILE_DESCRIPTORS, mem: memoryMb, disk: process.disk_in_mb },
    version: process.version,
    process: { guid: process.guid, type: process.type },
  });
}

function routesOf(routes: readonly MappedRoute[]): Pick<ProcessToRun, "httpRoutes" | "tcpRoutes" | "internalRoutes"> {
  const external = routes.filter((route) => !route.internal);
  return {
    httpRoutes: external
      .filter((route) => route.port === 0)
      .map((route) => ({
        uri: routeUri(route),
        port: portOf(route),
        protocol: route.protocol === "http2" ? "http2" : "http1",
        routeServiceUrl: route.routeServiceUrl,
        options: route.options,
      })),
    tcpRoutes: external
      .filter((route) => route.port > 0)
      .map((route) => ({
        routerGroupGuid: route.routerGroupGuid ?? "",
        externalPort: route.port,
        containerPort: portOf(route),
      })),
    internalRoutes: routes
      .filter((route) => route.internal)
      .map((route) => ({ hostname: `${route.host}.${route.domain}` })),
  };
}

/** Ports that routes lead to, the default first. */
function portsOf(routes: readonly MappedRoute[]): number[] {
  const ports = [...new Set(routes.map(portOf))];
  if (ports.length === 0) return [];
  return ports.includes(DEFAULT_PORT) ? [DEFAULT_PORT, ...ports.filter((port) => port !== DEFAULT_PORT)] : ports;
}

function portOf(route: MappedRoute): number {
  return route.appPort ?? DEFAULT_PORT;
}

function memoryOf(sidecars: readonly Sidecar[]): number {
  return sidecars.reduce((sum, { memory_in_mb: memoryMb }) => sum + (memoryMb ?? 0), 0);
}
