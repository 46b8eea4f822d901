import { accepted, created, ok, redirected } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf, HIDDEN } from "../../audit-events.ts";
import { CcError, notAuthorized, notFound, unprocessable } from "../../errors.ts";
import type { JobWork } from "../../jobs.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery } from "../../list-query.ts";
import { changeMetadata, deleteMetadata, metadataOf } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { appGuidsInPlaces } from "../apps/list-places.ts";
import { logToApp } from "../apps/log-lines.ts";
import { appEvent, findAppPlace, visibleApp } from "../apps/place.ts";
import { mayUpdateState } from "../builds/model.ts";
import { sweepLeftovers } from "../packages/leftovers.ts";
import { visiblePackage } from "../packages/model.ts";
import { HIDDEN_IN_LISTS } from "../processes/present.ts";
import { DROPLET_UPDATE } from "./body.ts";
import { copyDroplet, createDroplet } from "./create.ts";
import { DROPLETS_LIST, DROPLETS_OF_APP_LIST, DROPLETS_OF_PACKAGE_LIST } from "./list.ts";
import { type Droplet, findDroplet, visibleDroplet } from "./model.ts";
import { presentDroplet } from "./present.ts";
import { uploadDroplet } from "./upload.ts";

/** Registers `/v3/droplets`, `/v3/apps/:app_guid/droplets` and `/v3/packages/:package_guid/droplets`. */
export function droplets(api: CcApi): void {
  api.get("/v3/droplets", index(api));
  api.get("/v3/apps/:app_guid/droplets", index(api));
  api.get("/v3/packages/:package_guid/droplets", index(api));
  api.post("/v3/droplets", async (request) => {
    const source = request.query["source_guid"];
    const droplet =
      typeof source === "string" ? await copyDroplet(api, request, source) : await createDroplet(api, request);
    return created(await present(api, droplet, null));
  });
  api.get("/v3/droplets/:guid", async ({ params, access }) => {
    const { droplet, place } = await visibleDroplet(api, access, params["guid"]!);
    return ok(await present(api, droplet, access.canReadSecrets(place.space) ? null : HIDDEN));
  });
  api.patch("/v3/droplets/:guid", update(api));
  api.post("/v3/droplets/:guid/upload", upload(api), { body: "stream" });
  api.get("/v3/droplets/:guid/download", download(api));
  api.delete("/v3/droplets/:guid", remove(api));
  api.job("droplet.delete", deleteDroplet(api));
  api.job("droplet.upload", async ({ resourceGuid }) => {
    await api.db
      .updateTable("droplets")
      .set({ state: "STAGED", updated_at: api.nowMs() })
      .where("guid", "=", resourceGuid)
      .where("state", "=", "PROCESSING_UPLOAD")
      .execute();
  });
  sweepLeftovers(api, "droplets", async () => {
    const rows = await api.db.selectFrom("droplets").select("guid").execute();
    return new Set(rows.map(({ guid }) => guid));
  });
}

function index(api: CcApi): Handler {
  return async ({ query, access, path, params }) => {
    const { app_guid: appGuid, package_guid: packageGuid } = params;
    if (appGuid !== undefined) await visibleApp(api, access, appGuid);
    if (packageGuid !== undefined) await visiblePackage(api, access, packageGuid);
    const spec =
      appGuid === undefined
        ? packageGuid === undefined
          ? DROPLETS_LIST
          : DROPLETS_OF_PACKAGE_LIST
        : DROPLETS_OF_APP_LIST;
    const list = parseListQuery(spec, query);
    let rows = api.db.selectFrom("droplets").selectAll("droplets");
    const seen = appGuid === undefined ? appGuidsInPlaces(api, access, list) : null;
    if (seen !== null) rows = rows.where("droplets.app_guid", "in", seen);
    if (appGuid !== undefined) rows = rows.where("droplets.app_guid", "=", appGuid);
    if (packageGuid !== undefined) rows = rows.where("droplets.package_guid", "=", packageGuid);
    if (appGuid !== undefined && list.text("current") === "true") {
      const current = api.db.selectFrom("apps").where("apps.guid", "=", appGuid).select("apps.droplet_guid");
      rows = rows.where("droplets.guid", "in", current);
    }
    const states = list.list("states");
    if (states !== null) rows = rows.where("droplets.state", "in", states as Droplet["state"][]);
    const apps = list.list("app_guids");
    if (apps !== null) rows = rows.where("droplets.app_guid", "in", apps);
    // One that a build is still making is nobody's yet.
    rows = rows.where((eb) =>
      eb.or([eb("droplets.build_guid", "is", null), eb("droplets.state", "!=", "PROCESSING_UPLOAD")]),
    );
    const page = await readPage(rows, "droplets", list, { owner: "droplet" });
    const metadata = await metadataOf(
      api.db,
      "droplet",
      page.rows.map(({ guid }) => guid),
    );
    const resources = page.rows.map((row) => presentDroplet(row, HIDDEN_IN_LISTS, metadata(row.guid), api.links));
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access }) => {
    const droplet = await findDroplet(api.db, params["guid"]!);
    const place = droplet === undefined ? null : await findAppPlace(api.db, droplet.app_guid);
    const byStager = typeof body === "object" && body !== null && "image" in body;
    const visible = place !== null && (access.canReadSpace(place.space) || mayUpdateState(access));
    if (droplet === undefined || place === null || !visible) throw notFound("Droplet");
    if (byStager && !mayUpdateState(access)) throw notAuthorized();
    if (!byStager) await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
    const wanted = parseBody(DROPLET_UPDATE, body);
    if (byStager && droplet.state !== "STAGED") {
      throw unprocessable("Droplet image can only be updated on staged droplets");
    }
    if (byStager && droplet.lifecycle_type !== "docker") {
      throw unprocessable("Images can only be updated for docker droplets");
    }
    const changed = await api.transaction(async (trx) => {
      const row = await trx
        .updateTable("droplets")
        .set({ updated_at: api.nowMs(), ...(byStager ? { image: wanted.image ?? null } : {}) })
        .where("guid", "=", droplet.guid)
        .returningAll()
        .executeTakeFirstOrThrow();
      await changeMetadata(trx, "droplet", droplet.guid, wanted.metadata, api.config.limits);
      return row;
    });
    return ok(await present(api, changed, null));
  };
}

function upload(api: CcApi): Handler {
  return async (request) => {
    const { droplet, place } = await visibleDroplet(api, request.access, request.params["guid"]!);
    await requireSpaceWrite(api, request.access, place.space, request.access.canWriteSpace(place.space));
    if (droplet.state !== "AWAITING_UPLOAD") {
      throw unprocessable("Droplet may be uploaded only once. Create a new droplet to upload bits.");
    }
    const uploaded = await uploadDroplet(api, request, droplet, place);
    return accepted(uploaded.job, await present(api, uploaded.droplet, null));
  };
}

function download(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const { droplet, place } = await visibleDroplet(api, access, params["guid"]!);
    if (!access.canDownloadDroplet(place.space)) throw notAuthorized();
    if (droplet.lifecycle_type === "docker") throw unprocessable("Cannot download droplets with 'docker' lifecycle.");
    if (droplet.state !== "STAGED") throw unprocessable("Only staged droplets can be downloaded.");
    if ((await api.deps.blobstore.stat("droplets", droplet.guid)) === null) throw new CcError("BlobstoreUnavailable");
    await api.transaction((trx) =>
      api.event(trx, appEvent("audit.app.droplet.download", place, actorOf(caller), { droplet_guid: droplet.guid })),
    );
    logToApp(api, place, `Downloading droplet for app with guid ${droplet.app_guid}`);
    return redirected(api.blobLinks.href("droplets", droplet.guid));
  };
}

function remove(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const { droplet, place } = await visibleDroplet(api, access, params["guid"]!);
    await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
    if (place.app.droplet_guid === droplet.guid) throw inUse(droplet.app_guid);
    const job = { operation: "droplet.delete", resourceType: "droplet", resourceGuid: droplet.guid };
    return accepted(await api.enqueue({ ...job, actor: actorOf(caller) }));
  };
}

function inUse(appGuid: string): CcError {
  return unprocessable(`The droplet is currently used by app with guid "${appGuid}".`);
}

function deleteDroplet(api: CcApi): JobWork {
  return async (job) => {
    const droplet = await findDroplet(api.db, job.resourceGuid);
    if (droplet !== undefined) {
      const place = await findAppPlace(api.db, droplet.app_guid);
      if (place?.app.droplet_guid === droplet.guid) throw inUse(droplet.app_guid);
      await api.transaction(async (trx) => {
        await deleteMetadata(trx, "droplet", [droplet.guid]);
        await trx.deleteFrom("droplets").where("guid", "=", droplet.guid).execute();
        if (place === null) return;
        await api.event(trx, appEvent("audit.app.droplet.delete", place, job.actor, { droplet_guid: droplet.guid }));
      });
      await api.durable();
      if (place !== null) logToApp(api, place, `Deleting droplet for app with guid ${droplet.app_guid}`);
    }
    await api.deps.blobstore.delete("droplets", job.resourceGuid);
  };
}

async function present(api: CcApi, droplet: Droplet, hidden: string | null): Promise<object> {
  const metadata = await metadataOf(api.db, "droplet", [droplet.guid]);
  return presentDroplet(droplet, hidden, metadata(droplet.guid), api.links);
}
