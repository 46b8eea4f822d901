import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { HIDDEN } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { AppPlace } from "../apps/place.ts";
import { isDeploying } from "../apps/state.ts";
import { sidecarMemory, sidecarsOfApp } from "../sidecars/model.ts";
import type { ProcessScale, ProcessUpdate } from "./body.ts";
import { recordProcessEvent } from "./events.ts";
import type { Process } from "./model.ts";
import { type SavedProcess, saveProcess } from "./save.ts";

export interface ChangeContext {
  readonly actor: Actor;
  /** As the client sent it, for the audit event. */
  readonly request: object;
  readonly manifestTriggered?: boolean;
}

/** Columns that an update sets; what was not given stays. A check that is no HTTP check loses its endpoint. CC: process_update.rb */
export function updatedColumns(change: ProcessUpdate): Partial<Process> {
  const given: [keyof Process, unknown][] = [
    ["command", change.command],
    ["user", change.user],
    ["health_check_type", change.health_check_type],
    ["health_check_timeout", change.health_check_timeout],
    ["health_check_invocation_timeout", change.health_check_invocation_timeout],
    ["health_check_interval", change.health_check_interval],
    ["health_check_http_endpoint", change.health_check_endpoint],
    ["readiness_health_check_type", change.readiness_health_check_type],
    ["readiness_health_check_invocation_timeout", change.readiness_health_check_invocation_timeout],
    ["readiness_health_check_interval", change.readiness_health_check_interval],
    ["readiness_health_check_http_endpoint", change.readiness_health_check_endpoint],
  ];
  const columns = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Partial<Process>;
  const { health_check_type: type, readiness_health_check_type: readiness } = change;
  return {
    ...columns,
    ...(type !== undefined && type !== "http" ? { health_check_http_endpoint: null } : {}),
    ...(readiness !== undefined && readiness !== "http" ? { readiness_health_check_http_endpoint: null } : {}),
  };
}

/** Command, user and health checks, inside a transaction. Running containers keep theirs until the next restart. */
export async function updateProcess(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  process: Process,
  change: ProcessUpdate,
  context: ChangeContext,
): Promise<SavedProcess> {
  if (process.type === "web" && (await isDeploying(trx, place.app.guid))) {
    throw unprocessable("Cannot update this process while a deployment is in flight.");
  }
  const saved = await saveProcess(api, trx, place, process, updatedColumns(change), { keepVersion: true });
  await changeMetadata(trx, "process", process.guid, change.metadata, api.config.limits);
  const request = { ...context.request, ...("command" in context.request ? { command: HIDDEN } : {}) };
  await recordProcessEvent(api, trx, "update", place, process, context.actor, {
    request,
    ...(context.manifestTriggered === undefined ? {} : { manifestTriggered: context.manifestTriggered }),
  });
  return saved;
}

/** Instances at once; memory, disk and log rate with the next restart. CC: actions/process_scale.rb */
export async function scaleProcess(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  process: Process,
  scale: ProcessScale,
  context: ChangeContext,
): Promise<SavedProcess> {
  if (process.type === "web" && (await isDeploying(trx, place.app.guid))) {
    throw unprocessable("Cannot scale this process while a deployment is in flight.");
  }
  const memoryMb = scale.memory_in_mb;
  if (typeof memoryMb === "number" && memoryMb !== process.memory_in_mb) {
    const sidecars = sidecarMemory(await sidecarsOfApp(trx, place.app.guid), process.type);
    if (sidecars > 0 && sidecars >= memoryMb) {
      throw unprocessable("The requested memory allocation is not large enough to run all of your sidecar processes");
    }
  }
  const columns = {
    instances: scale.instances ?? process.instances,
    memory_in_mb: memoryMb ?? process.memory_in_mb,
    disk_in_mb: scale.disk_in_mb ?? process.disk_in_mb,
    log_rate_limit_in_bytes_per_second:
      scale.log_rate_limit_in_bytes_per_second ?? process.log_rate_limit_in_bytes_per_second,
  };
  const saved = await saveProcess(api, trx, place, process, columns, { keepVersion: true });
  await recordProcessEvent(api, trx, "scale", place, process, context.actor, {
    request: context.request,
    ...(context.manifestTriggered === undefined ? {} : { manifestTriggered: context.manifestTriggered }),
  });
  return saved;
}
