import { Readable } from "node:stream";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { UPLOAD_PREFIX } from "../../blob-references.ts";
import { CcError, unprocessable } from "../../errors.ts";
import { logToApp } from "../apps/log-lines.ts";
import { type AppPlace, appEvent } from "../apps/place.ts";
import { type MatchedResource, parseMatchedResources } from "./matched-resources.ts";
import { mergePackage } from "./merge.ts";
import { changePackageState, expirePackages, type Package } from "./model.ts";
import { MultipartError, multipartBoundary, partText, readMultipart } from "./multipart.ts";
import { packageTooLarge, verifyZip } from "./zip-archive.ts";

const RESOURCES_TEXT_MAX = 4_194_304;

interface UploadForm {
  readonly bits: boolean;
  readonly resources: readonly MatchedResource[];
}

/**
 * Takes the bits of a package: streams them into the blobstore, verifies the archive, adds matched resources. The package is READY or
 * FAILED (with the reason) when this resolves, so that nobody must wait for a background job. A client that goes away
 * leaves the package as it was. CC: actions/package_upload.rb, packager/
 */
export async function uploadPackage(api: CcApi, request: CcRequest, pkg: Package, place: AppPlace): Promise<Package> {
  const boundary = multipartBoundary(request.headers["content-type"]);
  if (boundary === null) throw unprocessable("Upload must include either resources or bits");
  const begun = await begin(api, request, pkg, place);
  const uploadKey = `${UPLOAD_PREFIX}${pkg.guid}`;
  try {
    const form = await receive(api, request, boundary, uploadKey);
    if (!form.bits && form.resources.length === 0) {
      throw unprocessable("Upload must include either resources or bits");
    }
    return await finish(api, begun, uploadKey, form, request.signal);
  } catch (error) {
    return await abandon(api, begun, error, request.signal);
  } finally {
    await api.deps.blobstore.delete("packages", uploadKey);
  }
}

async function begin(api: CcApi, request: CcRequest, pkg: Package, place: AppPlace): Promise<Package> {
  await api.transaction(async (trx) => {
    const columns = { state: "PROCESSING_UPLOAD" as const, updated_at: api.nowMs() };
    if (!(await changePackageState(trx, pkg.guid, "AWAITING_UPLOAD", columns))) {
      throw new CcError("PackageBitsAlreadyUploaded");
    }
    const actor = actorOf(request.caller);
    await api.event(trx, appEvent("audit.app.package.upload", place, actor, { package_guid: pkg.guid }));
  });
  logToApp(api, place, `Uploading app package for app with guid ${pkg.app_guid}`);
  return { ...pkg, state: "PROCESSING_UPLOAD" };
}

async function receive(api: CcApi, request: CcRequest, boundary: string, uploadKey: string): Promise<UploadForm> {
  const bytesMax = api.config.limits.packageBytesMax;
  let bits = false;
  let resources: MatchedResource[] = [];
  for await (const part of readMultipart(request.stream, boundary)) {
    if (part.name === "resources") resources = parseMatchedResources(await partText(part, RESOURCES_TEXT_MAX));
    else if (part.name === "bits" && part.fileName !== null) {
      bits = true;
      await api.deps.blobstore.put("packages", uploadKey, Readable.from(part.body, { objectMode: false }), {
        bytesMax,
        signal: request.signal,
        check: (path) => verifyZip(path, { bytesMax }),
      });
    }
  }
  return { bits, resources };
}

async function finish(
  api: CcApi,
  pkg: Package,
  uploadKey: string,
  form: UploadForm,
  signal: AbortSignal,
): Promise<Package> {
  const { blobstore } = api.deps;
  const bytesMax = api.config.limits.packageBytesMax;
  if (form.resources.length === 0) await blobstore.copy("packages", uploadKey, pkg.guid);
  else {
    const uploaded = form.bits ? await blobstore.localPath("packages", uploadKey) : null;
    await using merged = await mergePackage(uploaded, form.resources, blobstore, { bytesMax });
    await blobstore.put("packages", pkg.guid, merged.stream, { bytesMax, signal });
  }
  const blob = await blobstore.stat("packages", pkg.guid);
  if (blob === null) throw new CcError("BlobstoreError");
  const ready = { state: "READY" as const, sha1: blob.sha1, sha256: blob.sha256, updated_at: api.nowMs() };
  if (!(await changePackageState(api.db, pkg.guid, "PROCESSING_UPLOAD", ready))) {
    await blobstore.delete("packages", pkg.guid); // the package was deleted meanwhile
    throw new CcError("ResourceNotFound", ["Package not found"]);
  }
  await expirePackages(api, pkg.app_guid);
  return { ...pkg, ...ready };
}

/** Bad bits make a FAILED package, as in CC's background job; anything else lets the client try again. */
async function abandon(api: CcApi, pkg: Package, error: unknown, signal: AbortSignal): Promise<Package> {
  const updated_at = api.nowMs();
  const reason = faultOfBits(error, api.config.limits.packageBytesMax);
  if (reason !== null && !signal.aborted) {
    const failed = { state: "FAILED" as const, error: reason, updated_at };
    await changePackageState(api.db, pkg.guid, "PROCESSING_UPLOAD", failed);
    return { ...pkg, ...failed };
  }
  await changePackageState(api.db, pkg.guid, "PROCESSING_UPLOAD", { state: "AWAITING_UPLOAD", updated_at });
  if (error instanceof MultipartError) throw new CcError("MessageParseError", [error.message], { cause: error });
  throw error;
}

const FAULTS: ReadonlySet<string> = new Set(["AppBitsUploadInvalid", "AppPackageInvalid", "ResourceChecksumMismatch"]);

function faultOfBits(error: unknown, bytesMax: number): string | null {
  if (error instanceof CcError && FAULTS.has(error.errorName)) return error.message;
  return error instanceof Error && error.constructor.name === "BlobTooLargeError"
    ? packageTooLarge(bytesMax).message
    : null;
}
