import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { notFound } from "../../errors.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { type AppPlace, findAppPlace, visibleApp } from "../apps/place.ts";
import { type Process, processOfType } from "./model.ts";

export interface ProcessPlace {
  readonly process: Process;
  readonly place: AppPlace;
}

/** By `:process_guid`, or by `:app_guid` and `:type`. 404 when the caller may not read it. */
export async function visibleProcess(api: CcApi, request: CcRequest): Promise<ProcessPlace> {
  const { params, access } = request;
  if (params["app_guid"] !== undefined) {
    const place = await visibleApp(api, access, params["app_guid"]);
    const process = await processOfType(api.db, place.app.guid, params["type"]!);
    if (process === undefined) throw notFound("Process");
    return { process, place };
  }
  const process = await api.db
    .selectFrom("processes")
    .where("guid", "=", params["process_guid"]!)
    .selectAll()
    .executeTakeFirst();
  const place = process === undefined ? null : await findAppPlace(api.db, process.app_guid);
  if (process === undefined || place === null || !access.canReadSpace(place.space)) throw notFound("Process");
  return { process, place };
}

/** For scale, update and terminate. */
export async function manageableProcess(api: CcApi, request: CcRequest): Promise<ProcessPlace> {
  const found = await visibleProcess(api, request);
  const { space } = found.place;
  await requireSpaceWrite(api, request.access, space, request.access.canManageApps(space));
  return found;
}
