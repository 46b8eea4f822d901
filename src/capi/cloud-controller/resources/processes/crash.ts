import type { CrashReport, InstanceOnCell } from "../../../cc-bridge/client.ts";
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
    await api.event(
      trx,
      appEvent("audit.app.process.crash", place, targetOf(process), {
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
  change: InstanceOnCell & { readonly ready: boolean },
): Promise<void> {
  const { ready } = change;
  const type = ready ? "audit.app.process.ready" : "audit.app.process.not-ready";
  const told = await recordAtProcess(api, processGuid, version, type, change, { ready });
  if (told === null) return;
  const became = ready ? "ready" : "not ready";
  const payload = shown(told.facts);
  logToApp(api, told.place, `Process became ${became} with guid ${told.process.guid} payload: ${payload}`);
}

/** CC: controllers/internal/app_rescheduling_controller.rb */
export async function recordRescheduling(
  api: CcApi,
  processGuid: string,
  version: string,
  change: InstanceOnCell & { readonly reason: string },
): Promise<void> {
  const { reason } = change;
  const told = await recordAtProcess(api, processGuid, version, "audit.app.process.rescheduling", change, { reason });
  if (told !== null) logToApp(api, told.place, "Process is being rescheduled");
}

/** One event that names the process; null when the process is gone. */
async function recordAtProcess(
  api: CcApi,
  processGuid: string,
  version: string,
  type: string,
  { instanceGuid, index, cellId }: InstanceOnCell,
  more: Readonly<Record<string, unknown>>,
): Promise<(FoundProcess & { readonly facts: Readonly<Record<string, unknown>> }) | null> {
  const found = await findProcess(api, processGuid);
  if (found === null) return null;
  const { process, place } = found;
  const facts = { instance: instanceGuid, index, cell_id: cellId, ...more, version };
  await api.transaction((trx) => api.event(trx, appEvent(type, place, targetOf(process), facts)));
  return { ...found, facts };
}

interface FoundProcess {
  readonly process: Process;
  readonly place: AppPlace;
}

async function findProcess(api: CcApi, guid: string): Promise<FoundProcess | null> {
  const process = await api.db.selectFrom("processes").where("guid", "=", guid).selectAll().executeTakeFirst();
  const place = process === undefined ? null : await findAppPlace(api.db, process.app_guid);
  return process === undefined || place === null ? null : { process, place };
}

function targetOf({ guid, type }: Process) {
  return { guid, type: "process", name: type } as const;
}

function shown(facts: Readonly<Record<string, unknown>>): string {
  return `{${Object.entries(facts)
    .map(([key, value]) => `"${key}"=>${JSON.stringify(value)}`)
    .join(", ")}}`;
}
