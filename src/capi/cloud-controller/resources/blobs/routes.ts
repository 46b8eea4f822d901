import type { BlobBucket } from "../../../blobstore/client.ts";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";

/** What downloads are redirected to. In Cloud Foundry that is the blobstore's own server, of which clients only follow the links. */
export function blobs(api: CcApi): void {
  const { blobstore } = api.deps;
  api.get(
    "/blobs/:bucket/:key",
    async ({ params: { bucket = "", key = "" }, query: { expires, signature } }) => {
      if (!api.blobLinks.isValid(bucket, key, String(expires), String(signature))) throw new CcError("NotFound");
      const blob = await blobstore.stat(bucket as BlobBucket, key);
      if (blob === null) throw new CcError("NotFound"); // removed since
      const body = await blobstore.read(bucket as BlobBucket, key);
      const headers = { "content-type": "application/octet-stream", "content-length": String(blob.size) };
      return { status: 200, body, headers };
    },
    { token: "none" },
  );
}
