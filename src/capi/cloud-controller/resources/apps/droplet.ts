import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { type Droplet, findDroplet } from "../droplets/model.ts";
import { createProcessesOfDroplet } from "../processes/create.ts";
import { synchronizeSidecars } from "../sidecars/model.ts";
import { logToApp, shownRequest } from "./log-lines.ts";
import { type App, type AppPlace, appEvent } from "./place.ts";
import { isDeploying } from "./state.ts";

const UNFIT = "Unable to assign current droplet. Ensure the droplet exists and belongs to this app.";

/** The droplet that the app runs from its next start on, with its sidecars and processes. CC: actions/app_assign_droplet.rb */
export async function assignDroplet(
  api: CcApi,
  place: AppPlace,
  dropletGuid: string,
  actor: Actor,
): Promise<{ readonly app: App; readonly droplet: Droplet }> {
  return await api.transaction(async (trx) => {
    if (await isDeploying(trx, place.app.guid)) {
      throw unprocessable(
        "Unable to assign current droplet while the app has a deployment in progress. Wait for the deployment to complete or cancel it.",
      );
    }
    const droplet = await findDroplet(trx, dropletGuid);
    if (droplet === undefined || droplet.app_guid !== place.app.guid) throw unprocessable(UNFIT);
    const app = await setDroplet(api, trx, place, droplet, actor);
    const request = { droplet_guid: droplet.guid };
    logToApp(api, place, `Updated app with guid ${app.guid} (${shownRequest(request)})`);
    await api.event(trx, appEvent("audit.app.droplet.mapped", place, actor, { request }));
    return { app, droplet };
  });
}

/** Without event and log line: for deployments, too. */
export async function setDroplet(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  droplet: Droplet,
  actor: Actor,
): Promise<App> {
  if (droplet.state !== "STAGED") throw unprocessable("droplet must be in staged state");
  const app = await trx
    .updateTable("apps")
    .set({ droplet_guid: droplet.guid, updated_at: api.nowMs() })
    .where("guid", "=", place.app.guid)
    .returningAll()
    .executeTakeFirstOrThrow();
  await synchronizeSidecars(api, trx, app.guid, droplet.sidecars);
  const types = Object.keys(JSON.parse(droplet.process_types) as object);
  await createProcessesOfDroplet(api, trx, { ...place, app }, types, actor);
  return app;
}
