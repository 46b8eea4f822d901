import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { obfuscateUrl } from "../apps/audited-request.ts";
import type { AppPlace } from "../apps/place.ts";
import type { Process } from "./model.ts";

/** Whether this change is worth an app usage event. CC: process_model.rb, app_usage_changed? */
export function isUsageChange(before: Process, after: Process): boolean {
  if (before.state !== after.state) return true;
  return (
    after.state === "STARTED" && (before.memory_in_mb !== after.memory_in_mb || before.instances !== after.instances)
  );
}

/** Writes down what will be billed from now on. CC: app_usage_event_repository.rb, create_from_process */
export async function recordProcessUsage(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  before: Process,
  after: Process,
  state: string = after.state,
): Promise<void> {
  const buildpack = await usedBuildpack(trx, place.app.droplet_guid);
  await trx
    .insertInto("app_usage_events")
    .values({
      ...api.stamp(),
      state,
      previous_state: before.state,
      app_guid: place.app.guid,
      app_name: place.app.name,
      process_guid: after.guid,
      process_type: after.type,
      space_guid: place.space.guid,
      space_name: place.space.name,
      organization_guid: place.organization.guid,
      buildpack_guid: buildpack.guid,
      buildpack_name: buildpack.name,
      task_guid: null,
      task_name: null,
      memory_in_mb_per_instance: after.memory_in_mb,
      previous_memory_in_mb_per_instance: before.memory_in_mb,
      instance_count: after.instances,
      previous_instance_count: before.instances,
    })
    .execute();
}

async function usedBuildpack(
  trx: Kysely<CcDatabase>,
  dropletGuid: string | null,
): Promise<{ guid: string | null; name: string | null }> {
  if (dropletGuid === null) return { guid: null, name: null };
  const droplet = await trx
    .selectFrom("droplets")
    .where("guid", "=", dropletGuid)
    .select("buildpacks")
    .executeTakeFirst();
  const [first] = JSON.parse(droplet?.buildpacks ?? "[]") as { name?: string }[];
  if (first?.name === undefined) return { guid: null, name: null };
  const installed = await trx.selectFrom("buildpacks").where("name", "=", first.name).select("guid").executeTakeFirst();
  return { guid: installed?.guid ?? null, name: obfuscateUrl(first.name) };
}
