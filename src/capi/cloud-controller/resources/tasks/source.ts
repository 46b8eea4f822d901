import type { UnfinishedTask } from "../../../cc-bridge/client.ts";
import type { TaskToRun } from "../../../cc-bridge/model.ts";
import type { CcApi } from "../../api/api.ts";
import { taskEnvironment, vcapApplication } from "../apps/environment.ts";
import { boundServices, environmentGroup, mappedRoutes, routeUris } from "../apps/environment-store.ts";
import { readLifecycleData } from "../apps/lifecycle.ts";
import { findAppPlace } from "../apps/place.ts";
import { findDroplet } from "../droplets/model.ts";
import { FILE_DESCRIPTORS } from "../processes/model.ts";
import { ownershipOf, placementTags, securityGroupRules } from "../processes/source.ts";

export async function unfinishedTasks(api: CcApi): Promise<UnfinishedTask[]> {
  const rows = await api.db
    .selectFrom("tasks")
    .where("state", "in", ["PENDING", "RUNNING", "CANCELING"])
    .select(["guid", "state", "created_at"])
    .execute();
  return rows.map(({ guid, state, created_at }) => ({
    guid,
    state: state as UnfinishedTask["state"],
    createdAtMs: created_at,
  }));
}

/** Null when it shall not be sent (any more). */
export async function taskToRun(api: CcApi, guid: string): Promise<TaskToRun | null> {
  const { db } = api;
  const task = await db.selectFrom("tasks").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (task === undefined || task.state !== "PENDING") return null;
  const place = await findAppPlace(db, task.app_guid);
  const droplet = await findDroplet(db, task.droplet_guid);
  const checksum = droplet?.sha256 ?? droplet?.sha1 ?? null;
  if (place === null || droplet === undefined || checksum === null) return null;
  const routes = await mappedRoutes(db, place.app.guid);
  const application = vcapApplication({
    ...ownershipOf(place),
    apiUrl: api.config.urls.api,
    uris: routeUris(routes),
    limits: { fds: FILE_DESCRIPTORS, mem: task.memory_in_mb, disk: api.config.limits.defaultAppDiskMb },
    version: api.deps.random.guid(),
  });
  return {
    ...ownershipOf(place),
    guid: task.guid,
    name: task.name,
    command: task.command,
    user: task.user || "vcap",
    dropletGuid: droplet.guid,
    droplet: { algorithm: droplet.sha256 === null ? "sha1" : "sha256", value: checksum },
    stack: readLifecycleData(place.app.lifecycle_data).stack ?? droplet.stack ?? "cflinuxfs4",
    memoryMb: task.memory_in_mb,
    diskMb: task.disk_in_mb,
    logRateLimitBytesPerSecond: task.log_rate_limit_in_bytes_per_second,
    environment: taskEnvironment(
      await environmentGroup(db, "running"),
      JSON.parse(place.app.environment_variables) as Record<string, unknown>,
      application,
      task.memory_in_mb,
      await boundServices(db, place.app.guid),
    ),
    securityGroupRules: await securityGroupRules(db, place.space.guid, "running"),
    appPorts: [...new Set([8080, ...routes.map((route) => route.appPort ?? 8080)])].sort((a, b) => a - b),
    placementTags: await placementTags(db, place),
  };
}
