import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { Metadata } from "../../metadata.ts";
import { obfuscateUrl } from "./audited-request.ts";
import { readLifecycleData } from "./lifecycle.ts";
import type { App } from "./place.ts";

/** What documents show of an app. Its environment is not among that: lists need not unseal it. */
export const APP_SHOWN = [
  "apps.id",
  "apps.guid",
  "apps.created_at",
  "apps.updated_at",
  "apps.name",
  "apps.desired_state",
  "apps.space_guid",
  "apps.droplet_guid",
  "apps.lifecycle_type",
  "apps.lifecycle_data",
] as const;
export type ShownApp = Pick<
  App,
  (typeof APP_SHOWN)[number] extends `apps.${infer Column extends keyof App}` ? Column : never
>;

/** CC: presenters/v3/app_presenter.rb */
export function presentApp(app: ShownApp, metadata: Metadata, links: Links): object {
  const path = `/v3/apps/${app.guid}`;
  return {
    guid: app.guid,
    created_at: presentTime(app.created_at),
    updated_at: presentTime(app.updated_at),
    name: app.name,
    state: app.desired_state,
    lifecycle: presentLifecycle(app.lifecycle_type, app.lifecycle_data),
    relationships: {
      space: { data: { guid: app.space_guid } },
      current_droplet: { data: { guid: app.droplet_guid } },
    },
    metadata,
    links: {
      self: links.to(path),
      environment_variables: links.to(`${path}/environment_variables`),
      space: links.to(`/v3/spaces/${app.space_guid}`),
      processes: links.to(`${path}/processes`),
      packages: links.to(`${path}/packages`),
      current_droplet: links.to(`${path}/droplets/current`),
      droplets: links.to(`${path}/droplets`),
      tasks: links.to(`${path}/tasks`),
      start: links.to(`${path}/actions/start`, "POST"),
      stop: links.to(`${path}/actions/stop`, "POST"),
      clear_buildpack_cache: links.to(`${path}/actions/clear_buildpack_cache`, "POST"),
      revisions: links.to(`${path}/revisions`),
      deployed_revisions: links.to(`${path}/revisions/deployed`),
      features: links.to(`${path}/features`),
    },
  };
}

/** Of apps and builds. URLs lose their passwords. */
export function presentLifecycle(type: string, json: string): object {
  if (type === "docker") return { type, data: {} };
  const { buildpacks, stack } = readLifecycleData(json);
  return { type, data: { buildpacks: buildpacks.map(obfuscateUrl), stack } };
}
