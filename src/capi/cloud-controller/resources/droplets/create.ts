import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { notFound, unprocessable } from "../../errors.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { logToApp } from "../apps/log-lines.ts";
import { appEvent, findAppPlace, visibleApp } from "../apps/place.ts";
import { DROPLET_COPY, DROPLET_CREATE } from "./body.ts";
import { type Droplet, findDroplet, newDroplet } from "./model.ts";

/** An empty droplet that waits for its upload. CC: actions/droplet_create.rb */
export async function createDroplet(api: CcApi, { body, access, caller }: CcRequest): Promise<Droplet> {
  const wanted = parseBody(DROPLET_CREATE, body);
  const guid = wanted.relationships.app;
  const place = await findAppPlace(api.db, guid);
  if (place === null || !access.canReadSpace(place.space)) {
    throw unprocessable(`App with guid "${guid}" does not exist, or you do not have access to it.`);
  }
  await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
  if (place.app.lifecycle_type === "docker") {
    throw unprocessable("Droplet creation is not available for apps with docker lifecycles.");
  }
  const droplet = await api.transaction(async (trx) => {
    const row = await trx
      .insertInto("droplets")
      .values(
        newDroplet(api, guid, {
          lifecycle_type: place.app.lifecycle_type,
          process_types: JSON.stringify(wanted.process_types ?? { web: "" }),
        }),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
    await api.event(trx, appEvent("audit.app.droplet.create", place, actorOf(caller), { droplet_guid: row.guid }));
    return row;
  });
  logToApp(api, place, `Creating droplet for app with guid ${guid}`);
  return droplet;
}

/** The same bits for another app: a name in the blobstore, so it is STAGED at once. CC: actions/droplet_copy.rb */
export async function copyDroplet(api: CcApi, request: CcRequest, sourceGuid: string): Promise<Droplet> {
  const { body, access, caller } = request;
  const { relationships: appGuid } = parseBody(DROPLET_COPY, body);
  const source = await findDroplet(api.db, sourceGuid);
  const sourcePlace = source === undefined ? null : await findAppPlace(api.db, source.app_guid);
  if (source === undefined || sourcePlace === null || !access.canReadSpace(sourcePlace.space)) {
    throw notFound("Droplet");
  }
  const place = await visibleApp(api, access, appGuid);
  await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
  if (source.state !== "STAGED") throw unprocessable("source droplet is not staged");
  if (source.lifecycle_type !== place.app.lifecycle_type) {
    throw unprocessable("source and destination lifecycle types do not match");
  }
  const row = newDroplet(api, appGuid, {
    state: "STAGED",
    lifecycle_type: source.lifecycle_type,
    buildpacks: source.buildpacks,
    stack: source.stack,
    image: source.image,
    docker_username: source.docker_username,
    docker_password: source.docker_password,
    process_types: source.process_types,
    execution_metadata: source.execution_metadata,
    sidecars: source.sidecars,
    sha1: source.sha1,
    sha256: source.sha256,
  });
  if (source.lifecycle_type !== "docker") await api.deps.blobstore.copy("droplets", source.guid, row.guid);
  const droplet = await api.transaction(async (trx) => {
    const copied = await trx.insertInto("droplets").values(row).returningAll().executeTakeFirstOrThrow();
    const facts = { droplet_guid: row.guid, request: { source_droplet_guid: source.guid } };
    await api.event(trx, appEvent("audit.app.droplet.create", place, actorOf(caller), facts));
    return copied;
  });
  logToApp(api, place, `Creating droplet for app with guid ${appGuid}`);
  return droplet;
}
