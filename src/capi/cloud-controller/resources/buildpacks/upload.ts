import { basename } from "node:path";
import { Readable } from "node:stream";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { UPLOAD_PREFIX } from "../../blob-references.ts";
import { CcError, unprocessable } from "../../errors.ts";
import type { CcJob, JobWork } from "../../jobs.ts";
import { MultipartError, multipartBoundary, readMultipart } from "../packages/multipart.ts";
import { archiveFault } from "./archive.ts";
import { installBits } from "./bits.ts";
import { buildpackEvent } from "./events.ts";
import type { Buildpack } from "./present.ts";

/** Takes the archive and leaves the rest to a job. CC: controllers/v3/buildpacks_controller.rb, upload */
export async function uploadBuildpack(api: CcApi, request: CcRequest, buildpack: Buildpack): Promise<CcJob> {
  const { blobstore } = api.deps;
  const uploadKey = `${UPLOAD_PREFIX}${api.deps.random.guid()}`;
  const boundary =
    multipartBoundary(request.headers["content-type"]) ?? refuse("A buildpack zip file must be uploaded as 'bits'");
  let filename: string | null = null;
  try {
    for await (const part of readMultipart(request.stream, boundary)) {
      if (part.name !== "bits" || part.fileName === null || filename !== null) continue;
      const name = basename(part.fileName.replaceAll("\\", "/"));
      filename = name;
      await blobstore.put("buildpacks", uploadKey, Readable.from(part.body, { objectMode: false }), {
        bytesMax: api.config.limits.buildpackBytesMax,
        signal: request.signal,
        check: async (path) => {
          const fault = await archiveFault(path, name, buildpack.lifecycle);
          if (fault !== null) refuse(fault);
        },
      });
    }
  } catch (error) {
    if (!(error instanceof MultipartError)) throw error;
    throw new CcError("MessageParseError", [error.message], { cause: error });
  }
  if (filename === null) return refuse("A buildpack zip file must be uploaded as 'bits'");
  return await api.enqueue({
    operation: "buildpack.upload",
    resourceType: "buildpack",
    resourceGuid: buildpack.guid,
    actor: actorOf(request.caller),
    input: { uploadKey, filename },
  });
}

/** The job: bits under their key, row READY, event. */
export function installUpload(api: CcApi): JobWork {
  return async (job) => {
    const uploadKey = String(job.input["uploadKey"]);
    const filename = String(job.input["filename"]);
    const installed = await installBits(api, job.resourceGuid, uploadKey, filename);
    if (installed !== null) {
      await api.transaction((trx) =>
        api.event(trx, buildpackEvent("upload", installed, job.actor, { request: { bits_name: filename } })),
      );
    }
    await api.durable();
    await api.deps.blobstore.delete("buildpacks", uploadKey);
  };
}

function refuse(text: string): never {
  throw unprocessable(`Uploaded buildpack file is invalid: ${text}`);
}
