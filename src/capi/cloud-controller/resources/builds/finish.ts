import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { logToApp } from "../apps/log-lines.ts";
import { type AppPlace, appEvent, findAppPlace } from "../apps/place.ts";
import { type Droplet, type DropletBuildpack, expireDroplets } from "../droplets/model.ts";
import { processOfType } from "../processes/model.ts";
import { type Build, readBuildLifecycle } from "./model.ts";
import type { StagingResult } from "./result.ts";
import { buildFailure, type StagingFailure } from "./staging-failure.ts";
import { recordBuildUsage } from "./usage.ts";

/** Ends a build that is still staging; another one stays as it is. True when it was this call that ended it. */
export async function failBuild(api: CcApi, guid: string, failure: StagingFailure): Promise<boolean> {
  const place = await api.transaction(async (trx) => {
    const found = await stagingBuild(trx, guid);
    if (found === null) return null;
    const columns = { state: "FAILED" as const, ...buildFailure(failure), updated_at: api.nowMs() };
    await trx.updateTable("builds").set(columns).where("guid", "=", guid).execute();
    await trx
      .updateTable("droplets")
      .set({ state: "FAILED", ...buildFailure(failure), updated_at: api.nowMs() })
      .where("build_guid", "=", guid)
      .execute();
    await recordBuildUsage(api, trx, found.place, found.build, "STAGING_STOPPED", null);
    await api.event(
      trx,
      appEvent("audit.app.build.failed", found.place, creatorOf(found.build), {
        build_guid: guid,
        package_guid: found.build.package_guid,
        error_id: failure.id,
        error_message: failure.message,
      }),
    );
    return found.place;
  });
  if (place === null) return false;
  logToApp(api, place, `Staging failed for build ${guid}`);
  logToApp(api, place, `Failed to stage build: ${failure.message}`, "ERR");
  const droplet = await dropletOfBuild(api.db, guid);
  if (droplet !== undefined) await api.deps.blobstore.delete("droplets", droplet.guid);
  return true;
}

/** The builder is done: droplet and build become STAGED. Without any start command staging has failed. */
export async function finishBuild(api: CcApi, build: Build, result: StagingResult): Promise<void> {
  const droplet = await dropletOfBuild(api.db, build.guid);
  if (droplet === undefined || droplet.sha256 === null) {
    await failBuild(api, build.guid, { id: "StagingError", message: "no droplet" });
    return;
  }
  const types = result.process_types ?? {};
  if (Object.keys(types).length === 0 && !(await processOfType(api.db, build.app_guid, "web"))?.command) {
    await failBuild(api, build.guid, { id: "StagingError", message: "Start command not specified" });
    return;
  }
  const place = await api.transaction(async (trx) => {
    const found = await stagingBuild(trx, build.guid);
    if (found === null) return null;
    const buildpacks = await usedBuildpacks(trx, build, result);
    await trx
      .updateTable("droplets")
      .set({
        state: "STAGED",
        updated_at: api.nowMs(),
        process_types: JSON.stringify(types),
        execution_metadata: result.execution_metadata,
        sidecars: JSON.stringify(result.sidecars ?? []),
        buildpacks: JSON.stringify(buildpacks),
      })
      .where("guid", "=", droplet.guid)
      .execute();
    await trx
      .updateTable("builds")
      .set({ state: "STAGED", droplet_guid: droplet.guid, updated_at: api.nowMs() })
      .where("guid", "=", build.guid)
      .execute();
    const used = buildpacks[0]?.name ?? null;
    await recordBuildUsage(api, trx, found.place, found.build, "STAGING_STOPPED", used);
    await recordBuildUsage(api, trx, found.place, { ...found.build, state: "STAGED" }, "BUILDPACK_SET", used);
    await api.event(
      trx,
      appEvent("audit.app.build.staged", found.place, creatorOf(build), {
        build_guid: build.guid,
        package_guid: build.package_guid,
        droplet_guid: droplet.guid,
        buildpacks: buildpacks.map(({ name, buildpack_name, version }) => ({ name, buildpack_name, version })),
      }),
    );
    return found.place;
  });
  if (place === null) return;
  logToApp(api, place, `Staging complete for build ${build.guid}`);
  await expireDroplets(api, build.app_guid);
}

export async function dropletOfBuild(db: Kysely<CcDatabase>, buildGuid: string): Promise<Droplet | undefined> {
  return await db.selectFrom("droplets").where("build_guid", "=", buildGuid).selectAll().executeTakeFirst();
}

/** Who asked for the build. */
export function creatorOf(build: Build): Actor {
  return {
    guid: build.created_by_user_guid ?? "unknown",
    type: "user",
    name: build.created_by_user_email || build.created_by_user_name || "",
  };
}

async function stagingBuild(
  trx: Kysely<CcDatabase>,
  guid: string,
): Promise<{ readonly build: Build; readonly place: AppPlace } | null> {
  const build = await trx.selectFrom("builds").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (build === undefined || build.state !== "STAGING") return null;
  const place = await findAppPlace(trx, build.app_guid);
  return place === null ? null : { build, place };
}

/** The builder names buildpacks by their keys; users know them by name or URL. */
async function usedBuildpacks(
  trx: Kysely<CcDatabase>,
  build: Build,
  { lifecycle_metadata: facts }: StagingResult,
): Promise<DropletBuildpack[]> {
  const asked = readBuildLifecycle(build.lifecycle_data).buildpacks;
  const keys = facts.buildpacks ?? (facts.buildpack_key === undefined ? [] : [{ key: facts.buildpack_key }]);
  const installed = await trx.selectFrom("buildpacks").select(["guid", "name"]).execute();
  const nameOf = (key: string): string => installed.find(({ guid }) => key.startsWith(`${guid}_`))?.name ?? key;
  if (keys.length === 0) {
    return asked.map((name) => ({ name, detect_output: null, buildpack_name: null, version: null }));
  }
  return keys.map(({ key, name, version }: { key: string; name?: string; version?: string }) => ({
    name: nameOf(key),
    detect_output: key === facts.buildpack_key ? facts.detected_buildpack : null,
    buildpack_name: name ?? null,
    version: version ?? null,
  }));
}
