import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { notFound } from "../../errors.ts";
import { findAppPlace } from "../apps/place.ts";

/** Scopes that read every source, apps or not. log-cache: auth/uaa_client.go; cloud_controller.admin reads every app anyway. */
const READ_ALL_SCOPES = ["doppler.firehose", "logs.admin", "cloud_controller.admin"];

/**
 * log-cache and the reverse log proxy ask whether the bearer of a user's token may read a source's logs: 200 or 404.
 * CC: GET /internal/v4/log_access/:guid
 */
export function logAccess(api: CcApi): void {
  api.internal.get(
    "/internal/v4/log_access/:guid",
    async ({ params, caller, access }) => {
      if (READ_ALL_SCOPES.some((scope) => caller.scopes.has(scope))) return ok({});
      const place = await findAppPlace(api.db, params["guid"]!);
      if (place === null || !access.canReadSpace(place.space)) throw notFound("App");
      return ok({});
    },
    { token: "required" },
  );
}
