import { created, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { presentTime } from "../../api/timestamps.ts";
import { notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery } from "../../list-query.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { type AppPlace, findAppPlace, visibleApp, writableApp } from "../apps/place.ts";
import { visibleProcess } from "../processes/visible.ts";
import { createSidecar, processTypesOf, SIDECAR_CREATE, SIDECAR_UPDATE, type Sidecar, updateSidecar } from "./model.ts";

/** Registers sidecars. They take effect with the next start of the app. */
export function sidecars(api: CcApi): void {
  api.post("/v3/apps/:guid/sidecars", create(api));
  api.get("/v3/apps/:app_guid/sidecars", index(api));
  api.get("/v3/processes/:process_guid/sidecars", index(api));
  api.get("/v3/sidecars/:guid", async (request) => ok(presentSidecar((await visible(api, request)).sidecar)));
  api.patch("/v3/sidecars/:guid", async (request) => {
    const sidecar = await writable(api, request);
    const change = parseBody(SIDECAR_UPDATE, request.body);
    return ok(presentSidecar(await api.transaction((trx) => updateSidecar(api, trx, sidecar, change))));
  });
  api.delete("/v3/sidecars/:guid", async (request) => {
    const sidecar = await writable(api, request);
    await api.db.deleteFrom("sidecars").where("guid", "=", sidecar.guid).execute();
    return noContent();
  });
}

function create(api: CcApi): Handler {
  return async (request) => {
    const { app } = await writableApp(api, request, request.params["guid"]!);
    const wanted = parseBody(SIDECAR_CREATE, request.body);
    return created(presentSidecar(await api.transaction((trx) => createSidecar(api, trx, app.guid, wanted, "user"))));
  };
}

function index(api: CcApi): Handler {
  return async (request) => {
    const { query, access, path, params } = request;
    const list = parseListQuery({}, query);
    let rows = api.db.selectFrom("sidecars").selectAll("sidecars");
    if (params["app_guid"] !== undefined) {
      const { app } = await visibleApp(api, access, params["app_guid"]);
      rows = rows.where("app_guid", "=", app.guid);
    } else {
      const { process } = await visibleProcess(api, request);
      rows = rows
        .where("app_guid", "=", process.app_guid)
        .where("process_types", "like", `%${JSON.stringify(process.type).replaceAll(/[%_]/g, "_")}%`);
    }
    const page = await readPage(rows, "sidecars", list);
    return ok(presentPage(api.links, path, list, page.total, page.rows.map(presentSidecar)));
  };
}

async function visible(
  api: CcApi,
  { params, access }: CcRequest,
): Promise<{ readonly sidecar: Sidecar; readonly place: AppPlace }> {
  const sidecar = await api.db
    .selectFrom("sidecars")
    .where("guid", "=", params["guid"]!)
    .selectAll()
    .executeTakeFirst();
  const place = sidecar === undefined ? null : await findAppPlace(api.db, sidecar.app_guid);
  if (sidecar === undefined || place === null || !access.canReadSpace(place.space)) throw notFound("Sidecar");
  return { sidecar, place };
}

async function writable(api: CcApi, request: CcRequest): Promise<Sidecar> {
  const { sidecar, place } = await visible(api, request);
  await requireSpaceWrite(api, request.access, place.space, request.access.canWriteSpace(place.space));
  return sidecar;
}

/** CC: presenters/v3/sidecar_presenter.rb */
function presentSidecar(sidecar: Sidecar): object {
  return {
    guid: sidecar.guid,
    name: sidecar.name,
    command: sidecar.command,
    process_types: processTypesOf(sidecar),
    memory_in_mb: sidecar.memory_in_mb,
    origin: sidecar.origin,
    relationships: { app: { data: { guid: sidecar.app_guid } } },
    created_at: presentTime(sidecar.created_at),
    updated_at: presentTime(sidecar.updated_at),
  };
}
