import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { Metadata } from "../../metadata.ts";
import { presentLifecycle } from "../apps/present.ts";
import type { Build } from "./model.ts";

/** CC: presenters/v3/build_presenter.rb */
export function presentBuild(build: Build, metadata: Metadata, links: Links): object {
  // A droplet that is still being uploaded is nobody's business.
  const dropletGuid = build.state === "STAGED" ? build.droplet_guid : null;
  const error = [build.error_id, build.error_description].filter((text) => text !== null).join(" - ");
  return {
    guid: build.guid,
    created_at: presentTime(build.created_at),
    updated_at: presentTime(build.updated_at),
    state: build.state,
    staging_memory_in_mb: build.staging_memory_in_mb,
    staging_disk_in_mb: build.staging_disk_in_mb,
    staging_log_rate_limit_bytes_per_second: build.staging_log_rate_limit_bytes_per_second,
    error: error === "" ? null : error,
    lifecycle: presentLifecycle(build.lifecycle_type, build.lifecycle_data),
    package: { guid: build.package_guid },
    droplet: dropletGuid === null ? null : { guid: dropletGuid },
    created_by: {
      guid: build.created_by_user_guid,
      name: build.created_by_user_name,
      email: build.created_by_user_email,
    },
    relationships: { app: { data: { guid: build.app_guid } } },
    metadata,
    links: {
      self: links.to(`/v3/builds/${build.guid}`),
      app: links.to(`/v3/apps/${build.app_guid}`),
      ...(dropletGuid === null ? {} : { droplet: links.to(`/v3/droplets/${dropletGuid}`) }),
    },
  };
}
