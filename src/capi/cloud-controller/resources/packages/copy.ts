import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { logToApp } from "../apps/log-lines.ts";
import { appEvent, findAppPlace } from "../apps/place.ts";
import { expirePackages, type Package } from "./model.ts";

/** `cf copy-source`: the same bits under a new package. Copying is a name in the blobstore, so it is READY at once. CC: package_copy.rb */
export async function copyPackage(api: CcApi, request: CcRequest, sourceGuid: string): Promise<Package> {
  const { access, caller, body } = request;
  const relationship = body as { relationships?: { app?: { data?: { guid?: unknown } } } };
  const place = await findAppPlace(api.db, String(relationship.relationships?.app?.data?.guid ?? ""));
  if (place === null || !access.canReadSpace(place.space)) {
    throw unprocessable("App is invalid. Ensure it exists and you have access to it.");
  }
  await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
  const source = await api.db.selectFrom("packages").where("guid", "=", sourceGuid).selectAll().executeTakeFirst();
  const sourcePlace = source === undefined ? null : await findAppPlace(api.db, source.app_guid);
  if (source === undefined || sourcePlace === null || !access.canReadSpace(sourcePlace.space)) {
    throw unprocessable("Source package is invalid. Ensure it exists and you have access to it.");
  }
  await requireSpaceWrite(api, access, sourcePlace.space, access.canWriteSpace(sourcePlace.space));
  if (source.app_guid === place.app.guid) throw unprocessable("Source and destination app cannot be the same");
  const stamp = api.stamp();
  const hasBits = source.type === "bits" && source.state === "READY";
  // The name first: a crash in between leaves a name that the next start removes, never a package without bits.
  if (hasBits) await api.deps.blobstore.copy("packages", source.guid, stamp.guid);
  const pkg = await api.transaction(async (trx) => {
    const row = await trx
      .insertInto("packages")
      .values({
        ...stamp,
        app_guid: place.app.guid,
        type: source.type,
        state: source.type === "docker" || hasBits ? "READY" : "FAILED",
        error: source.type === "docker" || hasBits ? null : "failed to copy - source package has no bits",
        sha1: source.sha1,
        sha256: source.sha256,
        docker_image: source.docker_image,
        docker_username: null,
        docker_password: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const facts = { package_guid: row.guid, request: { source_package_guid: source.guid } };
    await api.event(trx, appEvent("audit.app.package.create", place, actorOf(caller), facts));
    return row;
  });
  const appGuid = place.app.guid;
  logToApp(api, place, `Adding app package for app with guid ${appGuid} copied from package with guid ${source.guid}`);
  await expirePackages(api, appGuid);
  return pkg;
}
