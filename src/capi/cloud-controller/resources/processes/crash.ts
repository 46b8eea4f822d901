import type { CrashReport } from "../../../cc-bridge/client.ts";
import type { CcApi } from "../../api/api.ts";
import { logToApp } from "../apps/log-lines.ts";
import { type AppPlace, appEvent, findAppPlace } from "../apps/place.ts";
import type { Process } from "./model.ts";

/** CC: repositories/mixins/truncation_mixin.rb */
const DESCRIPTION_MAX = 10_000;

/** Two events, as operators and users know them. CC: controllers/internal/app_crashed_controller.rb */
export async function recordCrash(api: CcApi, processGuid: string, version: string, crash: CrashReport): Promise<void> {
  const found = await findProcess(api, processGuid);
  if (found === null) return;
  const { process, place } = found;
  const description =
    crash.exitDescription.length > DESCRIPTION_MAX
      ? `${crash.exitDescription.slice(0, DESCRIPTION_MAX - 14)} (truncated)`
      : crash.exitDescription;
  const facts = {
    instance: crash.instanceGuid,
    index: crash.index,
    cell_id: crash.cellId,
    reason: "CRASHED",
    exit_description: description,
  };
  await api.transaction(async (trx) => {
    const byProcess = { guid: process.guid, type: "process", name: process.type } as const;
    await api.event(
      trx,
      appEvent("audit.app.process.crash", place, byProcess, {
        ...facts,
        crash_count: crash.crashCount,
        crash_timestamp: Number(crash.crashTimestampNs),
        version,
      }),
    );
    const byApp = { guid: place.app.guid, type: "app", name: place.app.name } as const;
    await api.event(trx, appEvent("app.crash", place, byApp, facts));
  });
  logToApp(api, place, `Process has crashed with type: "${process.type}"`);
  logToApp(api, place, `App instance exited with guid ${place.app.guid} payload: ${shown({ ...facts, version })}`);
}

/** CC: controllers/internal/app_readiness_changed_controller.rb */
export async function recordReadiness(
  api: CcApi,
  processGuid: string,
  version: string,
  change: {
    readonly instanceGuid: string;
    readonly index: number;
    readonly cellId: string;
    readonly ready: boolean;
  },
): Promise<void> {
  const found = await findProcess(api, processGuid);
  if (found === null) return;
  const { process, place } = found;
  const facts = {
    instance: change.instanceGuid,
    index: change.index,
    cell_id: change.cellId,
    ready: change.ready,
    version,
  };
  const type = change.ready ? "audit.app.process.ready" : "audit.app.process.not-ready";
  const byProcess = { guid: process.guid, type: "process", name: process.type } as const;
  await api.transaction((trx) => api.event(trx, appEvent(type, place, byProcess, facts)));
  const became = change.ready ? "ready" : "not ready";
  logToApp(api, place, `Process became ${became} with guid ${process.guid} payload: ${shown(facts)}`);
}

/** CC: controllers/internal/app_rescheduling_controller.rb */
export async function recordRescheduling(
  api: CcApi,
  processGuid: string,
  version: string,
  change: {
    readonly instanceGuid: string;
    readonly index: number;
    readonly cellId: string;
    readonly reason: string;
  },
): Promise<void> {
  const found = await findProcess(api, processGuid);
  if (found === null) return;
  const { process, place } = found;
  const facts = {
    instance: change.instanceGuid,
    index: change.index,
    cell_id: change.cellId,
    reason: change.reason,
    version,
  };
  const byProcess = { guid: process.guid, type: "process", name: process.type } as const;
  await api.transaction((trx) => api.event(trx, appEvent("audit.app.process.rescheduling", place, byProcess, facts)));
  logToApp(api, place, "Process is being rescheduled");
}

async function findProcess(
  api: CcApi,
  guid: string,
): Promise<{ readonly process: Process; readonly place: AppPlace } | null> {
  const process = await api.db.selectFrom("processes").where("guid", "=", guid).selectAll().executeTakeFirst();
  const place = process === undefined ? null : await findAppPlace(api.db, process.app_guid);
  return process === undefined || place === null ? null : { process, place };
}

function shown(facts: Readonly<Record<string, unknown>>): string {
  return `{${Object.entries(facts)
    .map(([key, value]) => `"${key}"=>${JSON.stringify(value)}`)
    .join(", ")}}`;
}
