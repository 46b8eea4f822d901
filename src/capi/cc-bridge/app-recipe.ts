import type { EnvironmentVariable, RunAction } from "../../protocol/action.ts";
import type { DesiredLrp, DesiredLrpUpdate, MetricTags } from "../../protocol/lrp.ts";
import type { CfRoutes } from "../../protocol/route-message.ts";
import { checkDefinition } from "./check-definition.ts";
import type { BridgeConfig } from "./config.ts";
import { cpuWeight } from "./cpu-weight.ts";
import { egressRules } from "./egress-rules.ts";
import { lifecycleBundle } from "./lifecycle-bundle.ts";
import { APPS_DOMAIN, lrpGuidOf, type ProcessToRun } from "./model.ts";
import { certificateUnits, networkProperties, ownershipTags } from "./ownership.ts";

type RecipeConfig = Pick<BridgeConfig, "ccInternalUrl" | "fileServerUrl" | "healthCheckTimeoutSeconds" | "pidsMax">;

const DEFAULT_PORT = 8080;

/** The LRP of a buildpack app. CC: app_recipe_builder.rb, main_lrp_action_builder.rb, buildpack/desired_lrp_builder.rb */
export function appRecipe(process: ProcessToRun, config: RecipeConfig): DesiredLrp {
  const ports = portsOf(process);
  const lrpGuid = lrpGuidOf(process);
  return {
    processGuid: lrpGuid,
    domain: APPS_DOMAIN,
    rootfs: `preloaded:${process.stack}`,
    instances: process.instances,
    environmentVariables: [{ name: "LANG", value: "en_US.UTF-8" }],
    setup: {
      kind: "serial",
      actions: [
        {
          kind: "download",
          artifact: "droplet",
          from: `${config.ccInternalUrl}/internal/v4/droplets/${process.guid}/${process.droplet.value}/download`,
          to: ".",
          cacheKey: `droplets-${lrpGuid}`,
          user: process.user,
          checksumAlgorithm: process.droplet.algorithm,
          checksumValue: process.droplet.value,
        },
      ],
    },
    action: { kind: "codependent", actions: [appAction(process), ...sidecarActions(process)] },
    monitor: null, // the cell probes by itself: see checkDefinition
    startTimeoutMs: (process.healthCheck.timeoutSeconds ?? config.healthCheckTimeoutSeconds) * 1000,
    diskMb: process.diskMb,
    memoryMb: process.memoryMb,
    cpuWeight: cpuWeight(process.memoryMb),
    maxPids: config.pidsMax,
    privileged: false,
    ports,
    routes: routesOf(process),
    logSource: "CELL",
    logGuid: process.appGuid,
    metricsGuid: process.appGuid,
    annotation: process.annotation,
    egressRules: egressRules(process.securityGroupRules),
    cachedDependencies: [lifecycleBundle(process.stack, config)],
    placementTags: process.placementTags,
    volumeDrivers: [],
    checkDefinition: checkDefinition(process.healthCheck, process.readinessHealthCheck, ports),
    metricTags: metricTags(process),
    sidecars: [], // they are part of the action, as the real Cloud Controller has them
    logRateLimitBytesPerSecond: process.logRateLimitBytesPerSecond,
    certificateOrganizationalUnits: certificateUnits(process),
    imageUsername: "",
    imagePassword: "",
    networkProperties: networkProperties(process, process.appPorts, "app"),
    modificationTag: { epoch: "", index: 0 }, // the BBS sets it
  };
}

/** What may change without new containers. CC: app_recipe_builder.rb, build_app_lrp_update */
export function appUpdate(process: ProcessToRun): DesiredLrpUpdate {
  return {
    instances: process.instances,
    annotation: process.annotation,
    metricTags: metricTags(process),
    routes: routesOf(process),
  };
}

function portsOf(process: ProcessToRun): readonly number[] {
  return process.ports.length > 0 ? process.ports : [DEFAULT_PORT];
}

function appAction(process: ProcessToRun): RunAction {
  return {
    kind: "run",
    user: process.user,
    path: "/tmp/lifecycle/launcher",
    args: ["app", process.startCommand, process.executionMetadata],
    env: [...portEnvironment(process), ...process.environment],
    logSource: `APP/PROC/${process.type.toUpperCase()}`,
    nofile: process.fileDescriptors,
  };
}

function sidecarActions(process: ProcessToRun): RunAction[] {
  return process.sidecars.map((sidecar) => ({
    kind: "run",
    user: process.user,
    path: "/tmp/lifecycle/launcher",
    args: ["app", sidecar.command, process.executionMetadata],
    env: [...portEnvironment(process), ...sidecar.environment],
    logSource: `APP/PROC/${process.type.toUpperCase()}/SIDECAR/${sidecar.name.toUpperCase()}`,
    nofile: process.fileDescriptors,
  }));
}

function portEnvironment(process: ProcessToRun): EnvironmentVariable[] {
  const port = String(portsOf(process)[0]);
  return [
    { name: "PORT", value: port },
    { name: "VCAP_APP_PORT", value: port },
    { name: "VCAP_APP_HOST", value: "0.0.0.0" },
  ];
}

function routesOf(process: ProcessToRun): Readonly<Record<string, unknown>> {
  const isolationSegment = process.placementTags[0];
  const cfRoutes: CfRoutes = process.httpRoutes.map((route) => ({
    hostnames: [route.uri],
    port: route.port,
    protocol: route.protocol,
    ...(route.routeServiceUrl === null ? {} : { route_service_url: route.routeServiceUrl }),
    ...(isolationSegment === undefined ? {} : { isolation_segment: isolationSegment }),
    ...(route.options === null ? {} : { options: route.options }),
  }));
  return {
    "cf-router": cfRoutes,
    "tcp-router": process.tcpRoutes.map((route) => ({
      router_group_guid: route.routerGroupGuid,
      external_port: route.externalPort,
      container_port: route.containerPort,
    })),
    "internal-router": process.internalRoutes,
  };
}

function metricTags(process: ProcessToRun): MetricTags {
  return {
    ...ownershipTags(process),
    process_id: { kind: "static", value: process.guid },
    process_type: { kind: "static", value: process.type },
    process_instance_id: { kind: "dynamic", value: "INSTANCE_GUID" },
    instance_id: { kind: "dynamic", value: "INDEX" },
  };
}
