import type { Kysely, Selectable } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { CcDatabase, ProcessesTable } from "../../store/schema.ts";

export type Process = Selectable<ProcessesTable>;

/** CC: instance_file_descriptor_limit */
export const FILE_DESCRIPTORS = 16_384;

/** A process as it begins. CC: actions/process_create.rb */
export function newProcess(api: CcApi, appGuid: string, type: string): Omit<Process, "id"> {
  const stamp = api.stamp();
  const { limits } = api.config;
  const web = type === "web";
  return {
    ...stamp,
    // The first web process has its app's guid.
    guid: web ? appGuid : stamp.guid,
    app_guid: appGuid,
    type,
    command: null,
    user: null,
    instances: web ? 1 : 0,
    memory_in_mb: limits.defaultAppMemoryMb,
    disk_in_mb: limits.defaultAppDiskMb,
    log_rate_limit_in_bytes_per_second: limits.defaultAppLogRateBytes,
    health_check_type: web ? "port" : "process",
    health_check_timeout: null,
    health_check_invocation_timeout: null,
    health_check_interval: null,
    health_check_http_endpoint: null,
    readiness_health_check_type: "process",
    readiness_health_check_invocation_timeout: null,
    readiness_health_check_interval: null,
    readiness_health_check_http_endpoint: null,
    state: "STOPPED",
    version: api.deps.random.guid(),
    revision_guid: null,
    metadata: "{}",
  };
}

/** In order of creation. */
export async function processesOfApp(db: Kysely<CcDatabase>, appGuid: string): Promise<Process[]> {
  return await db.selectFrom("processes").where("app_guid", "=", appGuid).orderBy("id").selectAll().execute();
}

/** The newest of its type: while a deployment runs there are two web processes. */
export async function processOfType(
  db: Kysely<CcDatabase>,
  appGuid: string,
  type: string,
): Promise<Process | undefined> {
  return await db
    .selectFrom("processes")
    .where("app_guid", "=", appGuid)
    .where("type", "=", type)
    .orderBy("id", "desc")
    .selectAll()
    .executeTakeFirst();
}

/** The command that the droplet has for a type; empty for none. */
export function detectedCommand(type: string, dropletProcessTypes: string | null): string {
  if (dropletProcessTypes === null) return "";
  const types = JSON.parse(dropletProcessTypes) as Record<string, string>;
  return Object.hasOwn(types, type) ? (types[type] ?? "") : "";
}
