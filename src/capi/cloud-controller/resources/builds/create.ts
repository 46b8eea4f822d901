import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import { stagingQuotaRefusal } from "../../quota-check.ts";
import { quotaScopes } from "../../quota-usage.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { defaultStack, type LifecycleData, lifecycleDataTexts, readLifecycleData } from "../apps/lifecycle.ts";
import { logToApp } from "../apps/log-lines.ts";
import { type AppPlace, appEvent, findAppPlace } from "../apps/place.ts";
import { bridgeFailure } from "../processes/diego.ts";
import { type Process, processOfType } from "../processes/model.ts";
import { requireUsableStack } from "../stacks/stack-use.ts";
import { BUILD_CREATE } from "./body.ts";
import { failBuild } from "./finish.ts";
import type { Build } from "./model.ts";
import { buildToStage } from "./source.ts";
import { recordBuildUsage } from "./usage.ts";

const STAGE_TIMEOUT_MS = 10_000;
const UNUSABLE = "Unable to use package. Ensure that the package exists and you have access to it.";

/** Writes the build down, then hands it to Diego; a crash in between is repaired by the bridge's sync. CC: actions/build_create.rb */
export async function createBuild(
  api: CcApi,
  request: CcRequest,
): Promise<{ readonly build: Build; readonly warnings: readonly string[] }> {
  const { access, caller } = request;
  const wanted = parseBody(BUILD_CREATE, request.body);
  const pkg = await api.db.selectFrom("packages").where("guid", "=", wanted.packageGuid).selectAll().executeTakeFirst();
  const place = pkg === undefined ? null : await findAppPlace(api.db, pkg.app_guid);
  if (pkg === undefined || place === null || !access.canManageApps(place.space)) throw unprocessable(UNUSABLE);
  await requireSpaceWrite(api, access, place.space, true);
  const type = wanted.lifecycle?.type ?? place.app.lifecycle_type;
  if (pkg.type === "docker" || type === "docker") await api.featureFlags.require("diego_docker", access);
  if (type === "cnb") await api.featureFlags.require("diego_cnb", access);
  const own = readLifecycleData(place.app.lifecycle_data);
  const data: LifecycleData = {
    buildpacks: wanted.lifecycle?.buildpacks ?? own.buildpacks,
    stack: wanted.lifecycle?.stack ?? own.stack ?? (await defaultStack(api.db)),
  };
  const texts = await lifecycleDataTexts(api.db, type, data);
  if (texts.length > 0) throw unprocessable(...texts);
  const warnings =
    type === "docker" ? [] : await requireUsableStack(api.db, data.stack, place.app.guid, "StackValidationFailed");
  await requireEnabled(api, data.buildpacks);
  if (pkg.state !== "READY") throw new CcError("BadRequest", ["Cannot stage package whose state is not ready."]);
  const web = await processOfType(api.db, place.app.guid, "web");
  const limits = await stagingLimits(api, place, web, {
    memory: wanted.staging_memory_in_mb ?? null,
    disk: wanted.staging_disk_in_mb ?? null,
    logRate: wanted.staging_log_rate_limit_bytes_per_second ?? null,
  });
  const build = await api.transaction(async (trx) => {
    const staging = await trx
      .selectFrom("builds")
      .where("app_guid", "=", place.app.guid)
      .where("state", "=", "STAGING")
      .select("guid")
      .executeTakeFirst();
    if (staging !== undefined) throw new CcError("StagingInProgress");
    const row = await trx
      .insertInto("builds")
      .values({
        ...api.stamp(),
        app_guid: place.app.guid,
        package_guid: pkg.guid,
        droplet_guid: null,
        state: "STAGING",
        error_id: null,
        error_description: null,
        lifecycle_type: type,
        lifecycle_data: JSON.stringify({ ...data, environment_variables: wanted.environment_variables ?? {} }),
        ...limits,
        created_by_user_guid: caller.guid,
        created_by_user_name: caller.userName,
        created_by_user_email: caller.email,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await changeMetadata(trx, "build", row.guid, wanted.metadata, api.config.limits);
    await recordBuildUsage(api, trx, place, row, "STAGING_STARTED", data.buildpacks[0] ?? null);
    const facts = { build_guid: row.guid, package_guid: pkg.guid };
    await api.event(trx, appEvent("audit.app.build.create", place, actorOf(caller), facts));
    return row;
  });
  logToApp(api, place, `Creating build for app with guid ${place.app.guid}`);
  await stage(api, build);
  return { build, warnings };
}

async function stage(api: CcApi, build: Build): Promise<void> {
  await api.durable();
  if (build.lifecycle_type !== "buildpack") {
    const message = `lifecycle type ${build.lifecycle_type} cannot be staged on this platform`;
    await failBuild(api, build.guid, { id: "StagingError", message });
    throw new CcError("StagingError", [message]);
  }
  const request = await buildToStage(api, build.guid);
  if (request === null) return; // deleted meanwhile
  await api.deps.bridge.stage(request, api.deps.clock.deadline(STAGE_TIMEOUT_MS)).catch(async (error) => {
    await failBuild(api, build.guid, { id: "StagingError", message: error instanceof Error ? error.message : "" });
    throw bridgeFailure(error);
  });
}

async function requireEnabled(api: CcApi, buildpacks: readonly string[]): Promise<void> {
  if (buildpacks.length === 0) return;
  const disabled = await api.db
    .selectFrom("buildpacks")
    .where("name", "in", buildpacks)
    .groupBy("name")
    .having((eb) => eb.fn.max("enabled"), "=", 0)
    .select("name")
    .execute();
  if (disabled.length === 0) return;
  const names = disabled.map(({ name }) => `'${name}'`).join(", ");
  throw new CcError("BuildpackInvalid", [
    `Requested buildpack(s) ${names} are disabled and cannot be used for staging`,
  ]);
}

/** At least the platform's minimum, at most what quotas leave. CC: backends/…staging_memory_calculator.rb, staging_disk_calculator.rb */
async function stagingLimits(
  api: CcApi,
  place: AppPlace,
  web: Process | undefined,
  asked: { readonly memory: number | null; readonly disk: number | null; readonly logRate: number | null },
): Promise<Pick<Build, "staging_memory_in_mb" | "staging_disk_in_mb" | "staging_log_rate_limit_bytes_per_second">> {
  const { limits } = api.config;
  const memoryMb = Math.max(asked.memory ?? web?.memory_in_mb ?? 0, limits.stagingMemoryMb);
  const diskMb = Math.max(asked.disk ?? web?.disk_in_mb ?? 0, limits.stagingDiskMb);
  if (diskMb > Math.max(limits.appDiskMbMax, limits.stagingDiskMb)) throw unprocessable("disk limit exceeded");
  const logRate = asked.logRate ?? web?.log_rate_limit_in_bytes_per_second ?? -1;
  const refusal = stagingQuotaRefusal({ memoryMb, logRateBytes: logRate }, await quotaScopes(api.db, place.space.guid));
  switch (refusal) {
    case "SpaceQuotaExceeded":
      throw unprocessable(`space's memory limit exceeded: staging requires ${memoryMb}M memory`);
    case "OrgQuotaExceeded":
      throw unprocessable(`organization's memory limit exceeded: staging requires ${memoryMb}M memory`);
    case "SpaceLogRateQuotaExceeded":
      throw unprocessable(`space's log rate limit exceeded: staging requires ${logRate} bytes per second`);
    case "OrgLogRateQuotaExceeded":
      throw unprocessable(`organization's log rate limit exceeded: staging requires ${logRate} bytes per second`);
    default:
      return {
        staging_memory_in_mb: memoryMb,
        staging_disk_in_mb: diskMb,
        staging_log_rate_limit_bytes_per_second: logRate,
      };
  }
}
