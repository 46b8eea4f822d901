import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { logToApp } from "../apps/log-lines.ts";
import { type AppPlace, appEvent } from "../apps/place.ts";
import type { Process } from "./model.ts";

/** CC: repositories/process_event_repository.rb */
const LINES = {
  create: (type: string) => `Added process: "${type}"`,
  delete: (type: string) => `Deleting process: "${type}"`,
  update: (type: string) => `Updating process: "${type}"`,
  scale: (type: string) => `Scaling process: "${type}"`,
} as const;

/** Audit event and log line of a change of a process. */
export async function recordProcessEvent(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  action: keyof typeof LINES,
  place: AppPlace,
  process: Pick<Process, "guid" | "type">,
  actor: Actor,
  extra: { readonly request?: object; readonly manifestTriggered?: boolean } = {},
): Promise<void> {
  logToApp(api, place, LINES[action](process.type));
  await api.event(
    trx,
    appEvent(`audit.app.process.${action}`, place, actor, {
      process_guid: process.guid,
      process_type: process.type,
      ...(extra.request === undefined ? {} : { request: extra.request }),
      ...(extra.manifestTriggered === true ? { manifest_triggered: true } : {}),
    }),
  );
}
