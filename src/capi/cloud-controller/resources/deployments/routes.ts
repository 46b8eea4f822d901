import { created, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { changeMetadata, metadataOf } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { setDroplet } from "../apps/droplet.ts";
import { appColumn, appGuidsInPlaces } from "../apps/list-places.ts";
import { logToApp } from "../apps/log-lines.ts";
import { appEvent } from "../apps/place.ts";
import { findDroplet } from "../droplets/model.ts";
import { DEPLOYMENT_UPDATE } from "./body.ts";
import { createDeployment } from "./create.ts";
import { changeDeployment, type Deployment, visibleDeployment, weightsOf } from "./model.ts";
import { presentDeployment } from "./present.ts";
import { runDeployments } from "./update-loop.ts";

/** CC: messages/deployments_list_message.rb */
const DEPLOYMENTS_LIST: ListSpec = {
  filters: { app_guids: "list", states: "list", status_reasons: "list", status_values: "list" },
  labelSelector: true,
};

/** Registers `/v3/deployments` and the loop that moves them on. */
export function deployments(api: CcApi): void {
  api.get("/v3/deployments", index(api));
  api.post("/v3/deployments", async (request) => created(await present(api, await createDeployment(api, request))));
  api.get("/v3/deployments/:guid", async ({ params, access }) => {
    const { deployment } = await visibleDeployment(api, access, params["guid"]!);
    return ok(await present(api, deployment));
  });
  api.patch("/v3/deployments/:guid", update(api));
  api.post("/v3/deployments/:guid/actions/cancel", cancel(api));
  api.post("/v3/deployments/:guid/actions/continue", proceed(api));
  api.background("deployments", (signal) => runDeployments(api, signal));
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(DEPLOYMENTS_LIST, query);
    let rows = api.db.selectFrom("deployments").selectAll("deployments");
    const seen = appGuidsInPlaces(api, access, list);
    if (seen !== null) rows = rows.where("deployments.app_guid", "in", seen);
    const apps = list.list("app_guids");
    if (apps !== null) rows = rows.where("deployments.app_guid", "in", apps);
    const states = list.list("states");
    if (states !== null) rows = rows.where("deployments.state", "in", states as Deployment["state"][]);
    const reasons = list.list("status_reasons");
    if (reasons !== null) rows = rows.where("deployments.status_reason", "in", reasons);
    const values = list.list("status_values");
    if (values !== null) {
      rows = rows.where("deployments.status_value", "in", values as Deployment["status_value"][]);
    }
    const page = await readPage(rows, "deployments", list, { owner: "deployment" });
    const metadata = await metadataOf(
      api.db,
      "deployment",
      page.rows.map(({ guid }) => guid),
    );
    const revised = await appColumn(api.db, page.rows, "revisions_enabled");
    const resources = page.rows.map((row) => presentDeployment(row, revised(row) === 1, metadata(row.guid), api.links));
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access }) => {
    const { deployment, place } = await visibleDeployment(api, access, params["guid"]!);
    await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
    const wanted = parseBody(DEPLOYMENT_UPDATE, body);
    const changed = await api.transaction(async (trx) => {
      await changeMetadata(trx, "deployment", deployment.guid, wanted.metadata, api.config.limits);
      return await changeDeployment(api, trx, deployment, {});
    });
    return ok(await present(api, changed));
  };
}

/** CC: actions/deployment_cancel.rb */
function cancel(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const { deployment, place } = await visibleDeployment(api, access, params["guid"]!);
    if (!access.canManageApps(place.space)) throw notFound("Deployment");
    await requireSpaceWrite(api, access, place.space, true);
    const actor = actorOf(caller);
    await api.transaction(async (trx) => {
      const fresh = await reread(trx, deployment.guid);
      if (fresh.status_value !== "ACTIVE") throw refused("cancel", fresh);
      const previous =
        fresh.previous_droplet_guid === null ? undefined : await findDroplet(trx, fresh.previous_droplet_guid);
      if (previous === undefined) {
        throw unprocessable("Unable to assign current droplet. Ensure the droplet exists and belongs to this app.");
      }
      await setDroplet(api, trx, place, previous, actor);
      const facts = { deployment_guid: fresh.guid, droplet_guid: fresh.droplet_guid };
      await api.event(trx, appEvent("audit.app.deployment.cancel", place, actor, facts));
      await changeDeployment(api, trx, fresh, { state: "CANCELING", status_reason: "CANCELING" });
    });
    logToApp(api, place, `Cancelling deployment for app with guid ${place.app.guid}`);
    return { status: 200 };
  };
}

/** CC: actions/deployment_continue.rb */
function proceed(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const { deployment, place } = await visibleDeployment(api, access, params["guid"]!);
    if (!access.canManageApps(place.space)) throw notFound("Deployment");
    await requireSpaceWrite(api, access, place.space, true);
    await api.transaction(async (trx) => {
      const fresh = await reread(trx, deployment.guid);
      if (fresh.state !== "PAUSED") throw refused("continue", fresh);
      const facts = { deployment_guid: fresh.guid, droplet_guid: fresh.droplet_guid };
      await api.event(trx, appEvent("audit.app.deployment.continue", place, actorOf(caller), facts));
      const more = fresh.canary_current_step < (weightsOf(fresh)?.length ?? 0);
      await changeDeployment(api, trx, fresh, {
        state: more ? "PREPAUSED" : "DEPLOYING",
        status_reason: "DEPLOYING",
        canary_current_step: fresh.canary_current_step + (more ? 1 : 0),
      });
    });
    logToApp(api, place, `Continuing deployment for app with guid ${place.app.guid}`);
    return { status: 200 };
  };
}

async function reread(trx: CcApi["db"], guid: string): Promise<Deployment> {
  const row = await trx.selectFrom("deployments").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (row === undefined) throw notFound("Deployment");
  return row;
}

function refused(action: "cancel" | "continue", { status_value: value, status_reason: reason }: Deployment) {
  return unprocessable(`Cannot ${action} a deployment with status: ${value} and reason: ${reason}`);
}

async function present(api: CcApi, deployment: Deployment): Promise<object> {
  const metadata = await metadataOf(api.db, "deployment", [deployment.guid]);
  const app = await api.db
    .selectFrom("apps")
    .where("guid", "=", deployment.app_guid)
    .select("revisions_enabled")
    .executeTakeFirst();
  return presentDeployment(deployment, app?.revisions_enabled === 1, metadata(deployment.guid), api.links);
}
