import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { Metadata } from "../../metadata.ts";
import { type Deployment, optionsOf, weightsOf } from "./model.ts";

/** @param revisions whether the app has revisions. CC: presenters/v3/deployment_presenter.rb */
export function presentDeployment(
  deployment: Deployment,
  revisions: boolean,
  metadata: Metadata,
  links: Links,
): object {
  const path = `/v3/deployments/${deployment.guid}`;
  const { deploying_web_process_guid: processGuid, revision_guid: revisionGuid } = deployment;
  const cancelable = ["DEPLOYING", "PREPAUSED", "PAUSED", "CANCELING"].includes(deployment.state);
  return {
    guid: deployment.guid,
    created_at: presentTime(deployment.created_at),
    updated_at: presentTime(deployment.updated_at),
    status: {
      value: deployment.status_value,
      reason: deployment.status_reason,
      details: {
        last_successful_healthcheck:
          deployment.last_healthy_at === null ? null : presentTime(deployment.last_healthy_at),
        last_status_change: presentTime(deployment.status_updated_at),
        ...(deployment.error === null ? {} : { error: deployment.error }),
      },
      ...(deployment.strategy === "canary"
        ? {
            canary: {
              steps: { current: deployment.canary_current_step, total: weightsOf(deployment)?.length ?? 1 },
            },
          }
        : {}),
    },
    strategy: deployment.strategy,
    options: optionsOf(deployment),
    droplet: { guid: deployment.droplet_guid },
    previous_droplet: { guid: deployment.previous_droplet_guid },
    new_processes: processGuid === null ? [] : [{ guid: processGuid, type: "web" }],
    revision: revisions && revisionGuid !== null ? { guid: revisionGuid, version: deployment.revision_version } : null,
    relationships: { app: { data: { guid: deployment.app_guid } } },
    metadata,
    links: {
      self: links.to(path),
      app: links.to(`/v3/apps/${deployment.app_guid}`),
      ...(cancelable ? { cancel: links.to(`${path}/actions/cancel`, "POST") } : {}),
      ...(deployment.state === "PAUSED" ? { continue: links.to(`${path}/actions/continue`, "POST") } : {}),
    },
  };
}
