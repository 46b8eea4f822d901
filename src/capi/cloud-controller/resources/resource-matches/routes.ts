import { created } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { parseBody } from "../../validation.ts";
import { isMatchable, RESOURCE_MATCH, type ResourceDescriptor } from "./matches.ts";

/** A request names at most 5,000 resources. */
const BODY_BYTES_MAX = 8_388_608;

/** Registers `/v3/resource_matches`: which files of a push need not be sent. */
export function resourceMatches(api: CcApi): void {
  api.post(
    "/v3/resource_matches",
    async ({ body, access }) => {
      await api.featureFlags.require("app_bits_upload", access);
      const { resources } = parseBody(RESOURCE_MATCH, body);
      if (!(await api.featureFlags.enabled("resource_matching", access))) return created({ resources: [] });
      const matched: ResourceDescriptor[] = [];
      for (const resource of resources.filter(isMatchable)) {
        const known = await api.deps.blobstore.stat("resources", resource.checksum.value.toLowerCase());
        if (known !== null && known.size === resource.size_in_bytes) matched.push(resource);
      }
      return created({
        resources: matched.map(({ checksum, size_in_bytes, path, mode }) => ({
          checksum: { value: checksum.value },
          size_in_bytes,
          path: path ?? null,
          mode: mode ?? null,
        })),
      });
    },
    { bodyBytesMax: BODY_BYTES_MAX },
  );
}
