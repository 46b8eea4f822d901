import type { BuildpackToUse, StagingRequest } from "../../../cc-bridge/model.ts";
import type { CcApi } from "../../api/api.ts";
import { stagingEnvironment, vcapApplication } from "../apps/environment.ts";
import { boundServices, environmentGroup, mappedRoutes, routeUris } from "../apps/environment-store.ts";
import { isBuildpackUrl } from "../apps/lifecycle.ts";
import { findAppPlace } from "../apps/place.ts";
import { FILE_DESCRIPTORS } from "../processes/model.ts";
import { ownershipOf, placementTags, securityGroupRules } from "../processes/source.ts";
import { readBuildLifecycle } from "./model.ts";

/** Key of the build artifacts cache in the blobstore. CC: presenters/v3/cache_key_presenter.rb */
export function cacheKey(appGuid: string, stack: string): string {
  return `${appGuid}/${stack}`;
}

/** What Diego needs to stage a build; null when it is not staging (any more), or its package is gone. */
export async function buildToStage(api: CcApi, guid: string): Promise<StagingRequest | null> {
  const { db } = api;
  const build = await db.selectFrom("builds").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (build === undefined || build.state !== "STAGING" || build.lifecycle_type !== "buildpack") return null;
  const place = await findAppPlace(db, build.app_guid);
  const pkg = await db.selectFrom("packages").where("guid", "=", build.package_guid).selectAll().executeTakeFirst();
  const checksum = pkg?.sha256 ?? pkg?.sha1 ?? null;
  if (place === null || pkg === undefined || checksum === null) return null;
  const data = readBuildLifecycle(build.lifecycle_data);
  const stack = data.stack ?? "cflinuxfs4";
  const routes = await mappedRoutes(db, place.app.guid);
  const services = await boundServices(db, place.app.guid);
  const application = vcapApplication({
    ...ownershipOf(place),
    apiUrl: api.config.urls.api,
    uris: routeUris(routes),
    limits: { fds: FILE_DESCRIPTORS, mem: build.staging_memory_in_mb, disk: build.staging_disk_in_mb },
    version: api.deps.random.guid(),
  });
  const cache = await api.deps.blobstore.stat("buildpack-cache", cacheKey(place.app.guid, stack));
  return {
    ...ownershipOf(place),
    buildGuid: build.guid,
    packageGuid: pkg.guid,
    packageChecksum: { algorithm: pkg.sha256 === null ? "sha1" : "sha256", value: checksum },
    stack,
    buildpacks: await buildpacksToUse(api, data.buildpacks, stack),
    skipDetect: data.buildpacks.length > 0,
    cacheSha256: cache?.sha256 ?? null,
    memoryMb: build.staging_memory_in_mb,
    diskMb: build.staging_disk_in_mb,
    logRateLimitBytesPerSecond: build.staging_log_rate_limit_bytes_per_second,
    environment: stagingEnvironment(
      await environmentGroup(db, "staging"),
      JSON.parse(place.app.environment_variables) as Record<string, unknown>,
      data.environment_variables,
      stack,
      application,
      build.staging_memory_in_mb,
      services,
    ),
    securityGroupRules: await securityGroupRules(db, place.space.guid, "staging"),
    appPorts: [...new Set([8080, ...routes.map((route) => route.appPort ?? 8080)])].sort((a, b) => a - b),
    placementTags: await placementTags(db, place),
  };
}

/** Those that were asked for, in their order, or all that are enabled. CC: diego/buildpack_entry_generator.rb */
export async function buildpacksToUse(api: CcApi, names: readonly string[], stack: string): Promise<BuildpackToUse[]> {
  const installed = await api.db
    .selectFrom("buildpacks")
    .where("lifecycle", "=", "buildpack")
    .where("state", "=", "READY")
    .where("enabled", "=", 1)
    .where((eb) => eb.or([eb("stack", "=", stack), eb("stack", "is", null)]))
    .orderBy("position")
    .selectAll()
    .execute();
  const use = (row: (typeof installed)[number]): BuildpackToUse => ({
    name: row.name,
    key: buildpackKey(row.guid, row.sha256 ?? ""),
    guid: row.guid,
    sha256: row.sha256,
  });
  if (names.length === 0) return installed.map(use);
  return names.flatMap((name): BuildpackToUse[] => {
    const mine = installed.filter((row) => row.name.toLowerCase() === name.toLowerCase());
    // One for this very stack comes before one for any.
    const found = mine.find((row) => row.stack === stack) ?? mine[0];
    if (found !== undefined) return [use(found)];
    return isBuildpackUrl(name) ? [{ name: "custom", key: name, guid: null, sha256: null }] : [];
  });
}

/** New bits get a new key, so that cells fetch them. CC: models/runtime/buildpack.rb, key */
export function buildpackKey(guid: string, sha256: string): string {
  return `${guid}_${sha256}`;
}
