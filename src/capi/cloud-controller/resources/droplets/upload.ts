import { Readable } from "node:stream";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import type { CcJob } from "../../jobs.ts";
import { logToApp } from "../apps/log-lines.ts";
import { type AppPlace, appEvent } from "../apps/place.ts";
import { MultipartError, multipartBoundary, readMultipart } from "../packages/multipart.ts";
import type { Droplet } from "./model.ts";

/**
 * `cf push --droplet`: takes the tarball; the job only has to say that it is there. A client that goes away may try again. CC:
 * actions/droplet_upload.rb, messages/droplet_upload_message.rb
 */
export async function uploadDroplet(
  api: CcApi,
  request: CcRequest,
  droplet: Droplet,
  place: AppPlace,
): Promise<{ readonly droplet: Droplet; readonly job: CcJob }> {
  const { blobstore } = api.deps;
  const bytesMax = api.config.limits.dropletBytesMax;
  const boundary = multipartBoundary(request.headers["content-type"]);
  let name: string | null = null;
  try {
    for await (const part of readMultipart(
      request.stream,
      boundary ?? refuse(["A droplet tgz file must be uploaded as 'bits'"]),
    )) {
      if (part.name !== "bits" || part.fileName === null || name !== null) continue;
      name = part.fileName;
      if (!/\.(tgz|tar\.gz)$/.test(name)) refuse([`${name} is not a tgz`]);
      const body = Readable.from(part.body, { objectMode: false });
      await blobstore.put("droplets", droplet.guid, body, { bytesMax, signal: request.signal });
    }
  } catch (error) {
    if (!(error instanceof MultipartError)) throw error;
    throw new CcError("MessageParseError", [error.message], { cause: error });
  }
  const blob = await blobstore.stat("droplets", droplet.guid);
  if (name === null || blob === null) return refuse(["A droplet tgz file must be uploaded as 'bits'"]);
  if (blob.size === 0) return refuse([`${name} cannot be empty`]);
  const actor = actorOf(request.caller);
  const result = await api.transaction(async (trx) => {
    const row = await trx
      .updateTable("droplets")
      .set({ state: "PROCESSING_UPLOAD", sha1: blob.sha1, sha256: blob.sha256, updated_at: api.nowMs() })
      .where("guid", "=", droplet.guid)
      .where("state", "=", "AWAITING_UPLOAD")
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) {
      throw unprocessable("Droplet may be uploaded only once. Create a new droplet to upload bits.");
    }
    await api.event(trx, appEvent("audit.app.droplet.upload", place, actor, { droplet_guid: row.guid }));
    const job = await api.enqueue(
      { operation: "droplet.upload", resourceType: "droplet", resourceGuid: row.guid, actor },
      trx,
    );
    return { droplet: row, job };
  });
  logToApp(api, place, `Uploading droplet for app with guid ${droplet.app_guid}`);
  return result;
}

function refuse(texts: readonly string[]): never {
  throw unprocessable(`Uploaded droplet file is invalid: ${texts.join(", ")}`);
}
