import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notFound, unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import { taskQuotaTexts } from "../../quota-check.ts";
import { quotaScopes } from "../../quota-usage.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { appEvent, visibleApp } from "../apps/place.ts";
import { type Droplet, findDroplet } from "../droplets/model.ts";
import { bridgeFailure } from "../processes/diego.ts";
import { detectedCommand, type Process } from "../processes/model.ts";
import { TASK_CREATE } from "./body.ts";
import { taskFacts } from "./facts.ts";
import type { Task } from "./present.ts";
import { taskToRun } from "./source.ts";
import { changeTaskState } from "./state.ts";

const SEND_TIMEOUT_MS = 10_000;
const COMMAND_MAX = 4096;

/** Writes the task down, then hands it to Diego; the bridge's sync sends it again after a crash. CC: actions/task_create.rb */
export async function createTask(api: CcApi, request: CcRequest): Promise<Task> {
  const { access, caller, params } = request;
  await api.featureFlags.require("task_creation", access);
  const wanted = parseBody(TASK_CREATE, request.body);
  const place = await visibleApp(api, access, params["app_guid"]!);
  await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
  const droplet = await dropletFor(api, place.app.guid, wanted.droplet_guid ?? null, place.app.droplet_guid);
  const { limits } = api.config;
  if ((wanted.disk_in_mb ?? 0) > limits.appDiskMbMax) {
    throw unprocessable(`Cannot request disk_in_mb greater than ${limits.appDiskMbMax}`);
  }
  const template = await templateProcess(api, wanted.template?.process.guid ?? null);
  const command = wanted.command || commandOf(template, droplet);
  const columns = {
    name: wanted.name ?? api.deps.random.guid().slice(0, 8),
    command,
    user: wanted.user ?? template?.user ?? null,
    memory_in_mb: wanted.memory_in_mb ?? template?.memory_in_mb ?? limits.defaultAppMemoryMb,
    disk_in_mb: wanted.disk_in_mb ?? template?.disk_in_mb ?? limits.defaultAppDiskMb,
    log_rate_limit_in_bytes_per_second:
      wanted.log_rate_limit_in_bytes_per_second ??
      template?.log_rate_limit_in_bytes_per_second ??
      limits.defaultAppLogRateBytes,
  };
  const faults = columnFaults(columns);
  if (faults.length > 0) throw unprocessable(...faults);
  const task = await api.transaction(async (trx) => {
    const size = { memoryMb: columns.memory_in_mb, logRateBytes: columns.log_rate_limit_in_bytes_per_second };
    const texts = taskQuotaTexts(size, await quotaScopes(trx, place.space.guid));
    if (texts.length > 0) throw unprocessable(...texts);
    const last = await trx
      .selectFrom("tasks")
      .where("app_guid", "=", place.app.guid)
      .select((eb) => eb.fn.max("sequence_id").as("sequence_id"))
      .executeTakeFirst();
    const row = await trx
      .insertInto("tasks")
      .values({
        ...api.stamp(),
        app_guid: place.app.guid,
        droplet_guid: droplet.guid,
        sequence_id: (last?.sequence_id ?? 0) + 1,
        state: "PENDING",
        failure_reason: null,
        ...columns,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await changeMetadata(trx, "task", row.guid, wanted.metadata, limits);
    await api.event(trx, appEvent("audit.app.task.create", place, actorOf(caller), taskFacts(row)));
    return row;
  });
  return await sendTask(api, task);
}

/** To Diego; a task that Diego refuses has failed. */
async function sendTask(api: CcApi, task: Task): Promise<Task> {
  await api.durable();
  const work = await taskToRun(api, task.guid);
  if (work === null) return task;
  try {
    await api.deps.bridge.desireTask(work, api.deps.clock.deadline(SEND_TIMEOUT_MS));
  } catch (error) {
    const reason = "Unable to request task to be run";
    await api.transaction((trx) => changeTaskState(api, trx, task.guid, ["PENDING"], "FAILED", reason));
    throw bridgeFailure(error);
  }
  const sent = await api.transaction((trx) => changeTaskState(api, trx, task.guid, ["PENDING"], "RUNNING"));
  if (sent !== null) return sent;
  // It ended before we could say that it runs.
  return (await api.db.selectFrom("tasks").where("guid", "=", task.guid).selectAll().executeTakeFirst()) ?? task;
}

async function dropletFor(
  api: CcApi,
  appGuid: string,
  wanted: string | null,
  current: string | null,
): Promise<Droplet> {
  const guid = wanted ?? current;
  const droplet = guid === null ? undefined : await findDroplet(api.db, guid);
  if (wanted !== null && (droplet === undefined || droplet.app_guid !== appGuid)) throw notFound("Droplet");
  if (droplet === undefined) {
    throw unprocessable("Task must have a droplet. Specify droplet or assign current droplet to app.");
  }
  return droplet;
}

async function templateProcess(api: CcApi, guid: string | null): Promise<Process | null> {
  if (guid === null) return null;
  const process = await api.db.selectFrom("processes").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (process === undefined) throw new CcError("ProcessNotFound", [guid]);
  return process;
}

function commandOf(template: Process | null, droplet: Droplet): string {
  if (template === null) return "";
  return template.command || detectedCommand(template.type, droplet.process_types);
}

function columnFaults({ name, command, user }: { name: string; command: string; user: string | null }): string[] {
  const faults: string[] = [];
  if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u.test(name)) faults.push("name format");
  if (command === "") faults.push("command presence");
  if (command.length > COMMAND_MAX) faults.push(`command must be shorter than ${COMMAND_MAX + 1} characters`);
  if (user !== null && user !== "" && user.toLowerCase() !== "vcap") {
    faults.push(`user invalid (requested user '${user}' not allowed, permitted users are: 'vcap')`);
  }
  return faults;
}
