import type { Selectable } from "kysely";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { Metadata } from "../../metadata.ts";
import type { TasksTable } from "../../store/schema.ts";

export type Task = Selectable<TasksTable>;

/** @param secrets whether the caller may see the command. CC: presenters/v3/task_presenter.rb */
export function presentTask(task: Task, secrets: boolean, metadata: Metadata, links: Links): object {
  const path = `/v3/tasks/${task.guid}`;
  return {
    guid: task.guid,
    created_at: presentTime(task.created_at),
    updated_at: presentTime(task.updated_at),
    sequence_id: task.sequence_id,
    name: task.name,
    ...(secrets ? { command: task.command } : {}),
    user: task.user || "vcap",
    state: task.state,
    memory_in_mb: task.memory_in_mb,
    disk_in_mb: task.disk_in_mb,
    log_rate_limit_in_bytes_per_second: task.log_rate_limit_in_bytes_per_second,
    result: { failure_reason: task.failure_reason },
    droplet_guid: task.droplet_guid,
    relationships: { app: { data: { guid: task.app_guid } } },
    metadata,
    links: {
      self: links.to(path),
      app: links.to(`/v3/apps/${task.app_guid}`),
      cancel: links.to(`${path}/actions/cancel`, "POST"),
      droplet: links.to(`/v3/droplets/${task.droplet_guid}`),
    },
  };
}
