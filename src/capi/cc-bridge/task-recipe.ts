import type { TaskDefinition } from "../../protocol/task.ts";
import type { BridgeConfig } from "./config.ts";
import { cpuWeight } from "./cpu-weight.ts";
import { egressRules } from "./egress-rules.ts";
import { lifecycleBundle } from "./lifecycle-bundle.ts";
import type { TaskToRun } from "./model.ts";
import { certificateUnits, networkProperties, ownershipTags } from "./ownership.ts";

type RecipeConfig = Pick<BridgeConfig, "ccInternalUrl" | "fileServerUrl" | "pidsMax">;

/** `cf run-task` as a BBS task. CC: task_recipe_builder.rb, buildpack/task_action_builder.rb */
export function taskRecipe(task: TaskToRun, config: RecipeConfig): TaskDefinition {
  return {
    rootfs: `preloaded:${task.stack}`,
    environmentVariables: task.environment,
    action: {
      kind: "serial",
      actions: [
        {
          kind: "download",
          artifact: "",
          from: `${config.ccInternalUrl}/staging/v3/droplets/${task.dropletGuid}/download`,
          to: ".",
          cacheKey: "",
          user: "vcap",
          checksumAlgorithm: task.droplet.algorithm,
          checksumValue: task.droplet.value,
        },
        {
          kind: "run",
          user: task.user,
          path: "/tmp/lifecycle/launcher",
          args: ["app", task.command, ""],
          env: task.environment,
          logSource: `APP/TASK/${task.name}`,
        },
      ],
    },
    diskMb: task.diskMb,
    memoryMb: task.memoryMb,
    cpuWeight: cpuWeight(task.memoryMb),
    maxPids: config.pidsMax,
    privileged: false,
    logSource: "CELL",
    logGuid: task.appGuid,
    metricsGuid: "",
    resultFile: "",
    completionCallbackUrl: `${config.ccInternalUrl}/internal/v4/tasks/${task.guid}/completed`,
    annotation: "",
    egressRules: egressRules(task.securityGroupRules),
    cachedDependencies: [lifecycleBundle(task.stack, config)],
    placementTags: task.placementTags,
    volumeDrivers: [],
    certificateOrganizationalUnits: certificateUnits(task),
    imageUsername: "",
    imagePassword: "",
    logRateLimitBytesPerSecond: task.logRateLimitBytesPerSecond,
    metricTags: ownershipTags(task),
    networkProperties: networkProperties(task, task.appPorts, "task"),
  };
}
