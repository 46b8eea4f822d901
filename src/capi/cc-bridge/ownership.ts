import type { MetricTags } from "../../protocol/lrp.ts";
import type { Ownership } from "./model.ts";

/** Tags that every envelope of the app carries. CC: app_recipe_builder.rb, task_recipe_builder.rb */
export function ownershipTags(of: Ownership): MetricTags {
  return {
    source_id: { kind: "static", value: of.appGuid },
    organization_id: { kind: "static", value: of.organizationGuid },
    space_id: { kind: "static", value: of.spaceGuid },
    app_id: { kind: "static", value: of.appGuid },
    organization_name: { kind: "static", value: of.organizationName },
    space_name: { kind: "static", value: of.spaceName },
    app_name: { kind: "static", value: of.appName },
  };
}

/** Organizational units of the instance identity certificate. */
export function certificateUnits(of: Ownership): string[] {
  return [`organization:${of.organizationGuid}`, `space:${of.spaceGuid}`, `app:${of.appGuid}`];
}

/** What the container network knows of its owner. CC: protocol/container_network_info.rb */
export function networkProperties(
  of: Ownership,
  appPorts: readonly number[],
  workload: "app" | "task" | "staging",
): Readonly<Record<string, string>> {
  return {
    policy_group_id: of.appGuid,
    app_id: of.appGuid,
    space_id: of.spaceGuid,
    org_id: of.organizationGuid,
    ports: appPorts.join(","),
    container_workload: workload,
  };
}
