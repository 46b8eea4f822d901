import type { CcApi } from "../../api/api.ts";
import type { JobWork } from "../../jobs.ts";
import { deleteMetadata } from "../../metadata.ts";
import { logToApp } from "../apps/log-lines.ts";
import { appEvent, findAppPlace } from "../apps/place.ts";

/** Row first, bits after: bits without a row are swept at the next start. CC: actions/package_delete.rb */
export function deletePackage(api: CcApi): JobWork {
  return async (job) => {
    const guid = job.resourceGuid;
    const pkg = await api.db.selectFrom("packages").where("guid", "=", guid).selectAll().executeTakeFirst();
    if (pkg !== undefined) {
      const place = await findAppPlace(api.db, pkg.app_guid);
      await api.transaction(async (trx) => {
        await deleteMetadata(trx, "package", [guid]);
        await trx.deleteFrom("packages").where("guid", "=", guid).execute();
        if (place !== null) {
          await api.event(trx, appEvent("audit.app.package.delete", place, job.actor, { package_guid: guid }));
        }
      });
      await api.durable();
      if (place !== null) logToApp(api, place, `Deleting app package for app with guid ${pkg.app_guid}`);
    }
    await api.deps.blobstore.delete("packages", guid);
  };
}
