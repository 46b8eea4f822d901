import type { Selectable } from "kysely";
import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import { notFound } from "../../errors.ts";
import type { BuildsTable } from "../../store/schema.ts";
import type { LifecycleData } from "../apps/lifecycle.ts";
import { type AppPlace, findAppPlace } from "../apps/place.ts";

export type Build = Selectable<BuildsTable>;

/** `lifecycle_data` of a build: with all that is needed to stage once more after a crash. */
export interface BuildLifecycleData extends LifecycleData {
  /** Of this build alone. */
  readonly environment_variables: Readonly<Record<string, unknown>>;
}

export function readBuildLifecycle(json: string): BuildLifecycleData {
  const { buildpacks, stack, environment_variables } = JSON.parse(json) as Partial<BuildLifecycleData>;
  return {
    buildpacks: buildpacks ?? [],
    stack: stack ?? null,
    environment_variables: environment_variables ?? {},
  };
}

/** 404 unless the caller may read the build's space. */
export async function visibleBuild(
  api: CcApi,
  access: Access,
  guid: string,
): Promise<{ readonly build: Build; readonly place: AppPlace }> {
  const build = await api.db.selectFrom("builds").where("guid", "=", guid).selectAll().executeTakeFirst();
  const place = build === undefined ? null : await findAppPlace(api.db, build.app_guid);
  const visible = place !== null && (access.canReadSpace(place.space) || mayUpdateState(access));
  if (build === undefined || place === null || !visible) throw notFound("Build");
  return { build, place };
}

/** CC: permissions.rb, can_update_build_state? */
export function mayUpdateState(access: Access): boolean {
  return access.admin || access.hasScope("cloud_controller.update_build_state");
}
