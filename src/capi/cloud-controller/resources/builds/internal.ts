import { Readable } from "node:stream";
import { LOCAL_FILE } from "../../../../kit/http-client.ts";
import type { TaskCallbackResponse } from "../../../../protocol/task.ts";
import type { Blob, BlobBucket } from "../../../blobstore/client.ts";
import type { CcAnswer } from "../../api/answer.ts";
import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { CcError, notFound } from "../../errors.ts";
import { logToApp } from "../apps/log-lines.ts";
import { appEvent, findAppPlace } from "../apps/place.ts";
import { type Droplet, findDroplet, newDroplet } from "../droplets/model.ts";
import { MultipartError, multipartBoundary, readMultipart } from "../packages/multipart.ts";
import { creatorOf, dropletOfBuild, failBuild, finishBuild } from "./finish.ts";
import { readBuildLifecycle } from "./model.ts";
import { parseStagingResult } from "./result.ts";
import { buildpackKey, cacheKey } from "./source.ts";
import { stagingFailure } from "./staging-failure.ts";

/** The builder's result is at most 10 KB, within a small document. */
const CALLBACK_BYTES_MAX = 262_144;

/** What the BBS and cells call while they stage and start. CC: controllers/internal/, controllers/runtime/stagings_controller.rb */
export function registerStagingCallbacks(api: CcApi): void {
  const { internal } = api;
  internal.post("/internal/v3/staging/:guid/build_completed", completed(api), { bodyBytesMax: CALLBACK_BYTES_MAX });
  internal.post("/internal/v4/droplets/:guid/upload", uploadDroplet(api), { body: "stream" });
  internal.post("/internal/v4/buildpack_cache/:stack/:guid/upload", uploadCache(api), { body: "stream" });
  internal.get("/staging/packages/:guid", async (request) => {
    return await blobAnswer(api, request, "packages", request.params["guid"]!);
  });
  internal.get("/staging/v3/droplets/:guid/download", async (request) => {
    return await blobAnswer(api, request, "droplets", request.params["guid"]!);
  });
  internal.get("/staging/v3/buildpack_cache/:stack/:guid/download", async (request) => {
    const { guid, stack } = request.params;
    return await blobAnswer(api, request, "buildpack-cache", cacheKey(guid!, stack!));
  });
  internal.get("/v2/buildpacks/:guid/download", downloadBuildpack(api));
  internal.get("/internal/v4/droplets/:guid/:checksum/download", downloadDropletOfProcess(api));
}

function completed(api: CcApi): Handler {
  return async ({ params, body }) => {
    const build = await api.db.selectFrom("builds").where("guid", "=", params["guid"]!).selectAll().executeTakeFirst();
    if (build === undefined) throw notFound("Build");
    if (build.state !== "STAGING") throw new CcError("InvalidRequest");
    const response = body as Partial<TaskCallbackResponse>;
    if (response.failed === true) {
      await failBuild(api, build.guid, stagingFailure(response.failure_reason ?? ""));
      return ok({});
    }
    const result = parseStagingResult(response.result ?? "");
    if (result === null) {
      await failBuild(api, build.guid, { id: "StagingError", message: "Malformed message from Diego stager" });
      throw new CcError("InvalidRequest");
    }
    await finishBuild(api, build, result);
    return ok({});
  };
}

/** The guid is the build's; its droplet is made at the first upload, so that a repeated one meets the same. CC: droplet_create.rb */
function uploadDroplet(api: CcApi): Handler {
  return async (request) => {
    const droplet = await dropletToFill(api, request.params["guid"]!);
    const blob = await receiveFile(api, request, "droplets", droplet.guid, api.config.limits.dropletBytesMax);
    const columns = { sha1: blob.sha1, sha256: blob.sha256, updated_at: api.nowMs() };
    await api.db.updateTable("droplets").set(columns).where("guid", "=", droplet.guid).execute();
    // Nothing is left to wait for: the job that others would poll has ended.
    return ok({
      metadata: { guid: droplet.guid, created_at: new Date(api.nowMs()).toISOString(), url: "" },
      entity: { guid: droplet.guid, status: "finished" },
    });
  };
}

async function dropletToFill(api: CcApi, guid: string): Promise<Pick<Droplet, "guid">> {
  const build = await api.db.selectFrom("builds").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (build === undefined) {
    const droplet = await findDroplet(api.db, guid);
    if (droplet === undefined) throw new CcError("NotFound");
    return droplet;
  }
  const existing = await dropletOfBuild(api.db, build.guid);
  if (existing !== undefined) return existing;
  const place = await findAppPlace(api.db, build.app_guid);
  if (place === null || build.state !== "STAGING") throw new CcError("NotFound");
  const row = newDroplet(api, build.app_guid, {
    package_guid: build.package_guid,
    build_guid: build.guid,
    state: "PROCESSING_UPLOAD",
    lifecycle_type: build.lifecycle_type,
    stack: readBuildLifecycle(build.lifecycle_data).stack,
  });
  await api.transaction(async (trx) => {
    await trx.insertInto("droplets").values(row).execute();
    const facts = { droplet_guid: row.guid, package_guid: build.package_guid };
    await api.event(trx, appEvent("audit.app.droplet.create", place, creatorOf(build), facts));
  });
  logToApp(api, place, `Creating droplet for app with guid ${build.app_guid}`);
  return row;
}

function uploadCache(api: CcApi): Handler {
  return async (request) => {
    const { guid = "", stack = "" } = request.params;
    const app = await api.db.selectFrom("apps").where("guid", "=", guid).select("guid").executeTakeFirst();
    if (app === undefined) throw notFound("App");
    await receiveFile(api, request, "buildpack-cache", cacheKey(guid, stack), api.config.limits.dropletBytesMax);
    return ok({});
  };
}

/** The one file of a form, or the raw body. */
async function receiveFile(
  api: CcApi,
  request: CcRequest,
  bucket: BlobBucket,
  key: string,
  bytesMax: number,
): Promise<Blob> {
  const { blobstore } = api.deps;
  const options = { bytesMax, signal: request.signal };
  const localFile = request.headers[LOCAL_FILE.path];
  if (typeof localFile === "string") return await blobstore.putFile(bucket, key, localFile, options);
  const boundary = multipartBoundary(request.headers["content-type"]);
  if (boundary === null) return await blobstore.put(bucket, key, request.stream, options);
  let blob: Blob | null = null;
  try {
    for await (const part of readMultipart(request.stream, boundary)) {
      if (part.fileName === null || blob !== null) continue;
      blob = await blobstore.put(bucket, key, Readable.from(part.body, { objectMode: false }), options);
    }
  } catch (error) {
    if (!(error instanceof MultipartError)) throw error;
    throw new CcError("StagingError", [`malformed droplet upload request: ${error.message}`], { cause: error });
  }
  if (blob === null) throw new CcError("StagingError", ["malformed droplet upload request"]);
  return blob;
}

function downloadBuildpack(api: CcApi): Handler {
  return async (request) => {
    const guid = request.params["guid"]!;
    const row = await api.db.selectFrom("buildpacks").where("guid", "=", guid).select("sha256").executeTakeFirst();
    if (row === undefined || row.sha256 === null) throw new CcError("NotFound");
    return await blobAnswer(api, request, "buildpacks", buildpackKey(guid, row.sha256));
  };
}

/** What an LRP downloads at each start. The checksum names the very droplet: another one is refused. */
function downloadDropletOfProcess(api: CcApi): Handler {
  return async (request) => {
    const { params } = request;
    const process = await api.db
      .selectFrom("processes")
      .where("guid", "=", params["guid"]!)
      .select("app_guid")
      .executeTakeFirst();
    if (process === undefined) throw new CcError("AppNotFound", [params["guid"]!]);
    const checksum = params["checksum"]!;
    const droplet = await api.db
      .selectFrom("droplets")
      .where("app_guid", "=", process.app_guid)
      .where((eb) => eb.or([eb("sha256", "=", checksum), eb("sha1", "=", checksum)]))
      .orderBy("id", "desc")
      .select("guid")
      .executeTakeFirst();
    if (droplet === undefined) throw new CcError("NotFound");
    return await blobAnswer(api, request, "droplets", droplet.guid);
  };
}

async function blobAnswer(api: CcApi, request: CcRequest, bucket: BlobBucket, key: string): Promise<CcAnswer> {
  const { blobstore } = api.deps;
  const blob = await blobstore.stat(bucket, key);
  if (blob === null) throw new CcError("NotFound");
  // The content never changes under its checksum: a cell may keep it.
  const headers = { "content-type": "application/octet-stream", etag: `"${blob.sha256}"` };
  if (request.headers[LOCAL_FILE.accepted] !== undefined) {
    return { status: 200, headers: { ...headers, [LOCAL_FILE.path]: await blobstore.localPath(bucket, key) } };
  }
  const body = await blobstore.read(bucket, key);
  return { status: 200, body, headers: { ...headers, "content-length": String(blob.size) } };
}
