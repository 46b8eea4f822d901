import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { AppPlace } from "../apps/place.ts";
import type { Build } from "./model.ts";

/** `STAGING_STARTED`, `STAGING_STOPPED`, `BUILDPACK_SET`. CC: app_usage_event_repository.rb, create_from_build */
export async function recordBuildUsage(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  build: Pick<Build, "state" | "staging_memory_in_mb">,
  state: "STAGING_STARTED" | "STAGING_STOPPED" | "BUILDPACK_SET",
  buildpackName: string | null,
): Promise<void> {
  const installed =
    buildpackName === null
      ? undefined
      : await trx.selectFrom("buildpacks").where("name", "=", buildpackName).select("guid").executeTakeFirst();
  await trx
    .insertInto("app_usage_events")
    .values({
      ...api.stamp(),
      state,
      previous_state: build.state,
      app_guid: place.app.guid,
      app_name: place.app.name,
      process_guid: "",
      process_type: "",
      space_guid: place.space.guid,
      space_name: place.space.name,
      organization_guid: place.organization.guid,
      buildpack_guid: installed?.guid ?? null,
      buildpack_name: buildpackName,
      task_guid: null,
      task_name: null,
      memory_in_mb_per_instance: build.staging_memory_in_mb,
      previous_memory_in_mb_per_instance: build.staging_memory_in_mb,
      instance_count: 1,
      previous_instance_count: 1,
    })
    .execute();
}
