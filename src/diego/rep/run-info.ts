import type { ActualLrpInstanceKey, ActualLrpKey, DesiredLrp, MetricTags } from "../../protocol/lrp.ts";
import type { Task } from "../../protocol/task.ts";
import type { RunInfo } from "../executor/client.ts";

const INTERNAL_ROUTER = "internal-router";

/** What a container of this LRP is and does. Diego: rep/conversion_helpers.go, NewRunRequestFromDesiredLRP */
export function runInfoOfLrp(desired: DesiredLrp, key: ActualLrpKey, instanceKey: ActualLrpInstanceKey): RunInfo {
  const { instanceGuid } = instanceKey;
  const index = String(key.index);
  const tags = metricTagsOf(desired.metricTags, { index, instanceGuid });
  return {
    rootfs: desired.rootfs,
    cpuWeight: Math.max(desired.cpuWeight, 1),
    ports: desired.ports,
    internalRoutes: internalRoutesOf(desired.routes),
    logConfig: { guid: desired.logGuid, index: key.index, sourceName: desired.logSource, tags },
    metricsConfig: { guid: desired.metricsGuid, index: key.index, tags },
    startTimeoutMs: desired.startTimeoutMs,
    privileged: desired.privileged,
    cachedDependencies: desired.cachedDependencies,
    setup: desired.setup,
    action: desired.action,
    monitor: desired.monitor,
    checkDefinition: desired.checkDefinition,
    egressRules: desired.egressRules,
    env: [
      { name: "INSTANCE_GUID", value: instanceGuid },
      { name: "INSTANCE_INDEX", value: index },
      { name: "CF_INSTANCE_GUID", value: instanceGuid },
      { name: "CF_INSTANCE_INDEX", value: index },
      ...desired.environmentVariables,
    ],
    networkProperties: desired.networkProperties,
    certificateOrganizationalUnits: desired.certificateOrganizationalUnits,
    sidecars: desired.sidecars.map(({ action }) => ({ action })),
    logRateLimitBytesPerSecond: desired.logRateLimitBytesPerSecond,
    resultFile: "",
  };
}

/** Diego: rep/conversion_helpers.go, NewRunRequestFromTask */
export function runInfoOfTask({ definition }: Task): RunInfo {
  const tags = metricTagsOf(definition.metricTags, { index: "", instanceGuid: "" });
  return {
    rootfs: definition.rootfs,
    cpuWeight: Math.max(definition.cpuWeight, 1),
    ports: [],
    internalRoutes: [],
    logConfig: { guid: definition.logGuid, index: 0, sourceName: definition.logSource, tags },
    metricsConfig: { guid: definition.metricsGuid, index: 0, tags },
    startTimeoutMs: 0,
    privileged: definition.privileged,
    cachedDependencies: definition.cachedDependencies,
    setup: null,
    action: definition.action,
    monitor: null,
    checkDefinition: null,
    egressRules: definition.egressRules,
    env: definition.environmentVariables,
    networkProperties: definition.networkProperties,
    certificateOrganizationalUnits: definition.certificateOrganizationalUnits,
    sidecars: [],
    logRateLimitBytesPerSecond: definition.logRateLimitBytesPerSecond,
    resultFile: definition.resultFile,
  };
}

/** Diego: bbs/models, ConvertMetricTags */
function metricTagsOf(
  tags: MetricTags,
  dynamic: { readonly index: string; readonly instanceGuid: string },
): Record<string, string> {
  const converted: Record<string, string> = {};
  for (const [name, tag] of Object.entries(tags)) {
    if (tag.kind === "static") converted[name] = tag.value;
    else converted[name] = tag.value === "INDEX" ? dynamic.index : dynamic.instanceGuid;
  }
  return converted;
}

/** Diego: routing-info/internalroutes */
function internalRoutesOf(routes: Readonly<Record<string, unknown>>): { readonly hostname: string }[] {
  const value = routes[INTERNAL_ROUTER];
  if (!Array.isArray(value)) return [];
  return (value as readonly { readonly hostname?: unknown }[]).flatMap(({ hostname }) =>
    typeof hostname === "string" && hostname !== "" ? [{ hostname }] : [],
  );
}
