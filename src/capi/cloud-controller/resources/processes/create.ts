import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { AppPlace } from "../apps/place.ts";
import { recordProcessEvent } from "./events.ts";
import { newProcess, type Process, processesOfApp } from "./model.ts";

/** CC: actions/process_create.rb */
export async function createProcess(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  type: string,
  actor: Actor,
  options: { readonly command?: string | null; readonly manifestTriggered?: boolean } = {},
): Promise<Process> {
  const process = await trx
    .insertInto("processes")
    .values({ ...newProcess(api, place.app.guid, type), command: options.command ?? null })
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordProcessEvent(api, trx, "create", place, process, actor, {
    ...(options.manifestTriggered === undefined ? {} : { manifestTriggered: options.manifestTriggered }),
  });
  return process;
}

/** A process for each type of the droplet that the app lacks. CC: actions/process_create_from_app_droplet.rb */
export async function createProcessesOfDroplet(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  processTypes: readonly string[],
  actor: Actor,
): Promise<void> {
  const existing = new Set((await processesOfApp(trx, place.app.guid)).map(({ type }) => type));
  for (const type of processTypes) if (!existing.has(type)) await createProcess(api, trx, place, type, actor);
}
