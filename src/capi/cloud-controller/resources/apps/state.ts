import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { CcError } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { type DiegoChange, tellDiego } from "../processes/diego.ts";
import { processesOfApp } from "../processes/model.ts";
import { saveProcess } from "../processes/save.ts";
import { resolveRevision } from "../revisions/resolve.ts";
import { logToApp } from "./log-lines.ts";
import { type App, type AppPlace, appEvent } from "./place.ts";

/** Starts every process of the app. CC: actions/app_start.rb */
export async function startApp(api: CcApi, place: AppPlace, actor: Actor): Promise<App> {
  const { app, changes } = await api.transaction(async (trx) => {
    const fresh = await lockedApp(trx, place);
    const revision = fresh.desired_state === "STARTED" ? null : await resolveRevision(api, trx, place, fresh, actor);
    const started = await setDesiredState(api, trx, fresh, "STARTED");
    const changes: (DiegoChange | null)[] = [];
    for (const process of await processesOfApp(trx, started.guid)) {
      const columns = { state: "STARTED" as const, ...(revision === null ? {} : { revision_guid: revision.guid }) };
      changes.push((await saveProcess(api, trx, { ...place, app: started }, process, columns)).change);
    }
    logToApp(api, place, `Starting app with guid ${started.guid}`);
    await api.event(trx, appEvent("audit.app.start", place, actor));
    return { app: started, changes };
  });
  await tellDiego(api, changes);
  return app;
}

/** Stops every process. CC: actions/app_stop.rb */
export async function stopApp(api: CcApi, place: AppPlace, actor: Actor): Promise<App> {
  const { app, changes } = await api.transaction(async (trx) => {
    const fresh = await lockedApp(trx, place);
    const stopped = await setDesiredState(api, trx, fresh, "STOPPED");
    const changes = await stopProcesses(api, trx, { ...place, app: stopped });
    logToApp(api, place, `Stopping app with guid ${stopped.guid}`);
    await api.event(trx, appEvent("audit.app.stop", place, actor));
    return { app: stopped, changes };
  });
  await tellDiego(api, changes);
  return app;
}

/** All processes of the app to STOPPED, inside a transaction. */
export async function stopProcesses(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
): Promise<(DiegoChange | null)[]> {
  const changes: (DiegoChange | null)[] = [];
  for (const process of await processesOfApp(trx, place.app.guid)) {
    changes.push((await saveProcess(api, trx, place, process, { state: "STOPPED" })).change);
  }
  return changes;
}

/** New containers for every process, also of a stopped app. CC: actions/app_restart.rb */
export async function restartApp(api: CcApi, place: AppPlace, actor: Actor): Promise<App> {
  const { app, changes } = await api.transaction(async (trx) => {
    const fresh = await lockedApp(trx, place);
    const revision = await resolveRevision(api, trx, place, fresh, actor);
    const started = await setDesiredState(api, trx, fresh, "STARTED");
    const changes: (DiegoChange | null)[] = [];
    for (const process of await processesOfApp(trx, started.guid)) {
      const columns = { state: "STARTED" as const, ...(revision === null ? {} : { revision_guid: revision.guid }) };
      const saved = await saveProcess(api, trx, { ...place, app: started }, process, columns, { newVersion: true });
      changes.push(saved.change);
    }
    logToApp(api, place, `Restarted app with guid ${started.guid}`);
    await api.event(trx, appEvent("audit.app.restart", place, actor));
    return { app: started, changes };
  });
  await tellDiego(api, changes);
  return app;
}

/** The row as it is now: it may have changed since the request read it. */
export async function lockedApp(trx: Kysely<CcDatabase>, place: AppPlace): Promise<App> {
  const app = await trx.selectFrom("apps").where("guid", "=", place.app.guid).selectAll().executeTakeFirst();
  if (app === undefined) throw new CcError("ResourceNotFound", ["App not found"]);
  return app;
}

async function setDesiredState(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  app: App,
  state: App["desired_state"],
): Promise<App> {
  return await trx
    .updateTable("apps")
    .set({ desired_state: state, updated_at: api.nowMs() })
    .where("guid", "=", app.guid)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function isDeploying(db: Kysely<CcDatabase>, appGuid: string): Promise<boolean> {
  const active = await db
    .selectFrom("deployments")
    .where("app_guid", "=", appGuid)
    .where("status_value", "=", "ACTIVE")
    .select("guid")
    .executeTakeFirst();
  return active !== undefined;
}
