import type { DesiredLrp } from "../../protocol/lrp.ts";
import type { TaskDefinition } from "../../protocol/task.ts";

const RUN = { kind: "run", path: "/bin/true", args: [], env: [], user: "vcap" } as const;

/** A desired LRP as tests and the simulator need it. */
export function sampleDesiredLrp(change: Partial<DesiredLrp> = {}): DesiredLrp {
  return {
    processGuid: "web",
    domain: "cf-apps",
    rootfs: "preloaded:cflinuxfs4",
    instances: 1,
    environmentVariables: [],
    setup: null,
    action: RUN,
    monitor: null,
    startTimeoutMs: 60_000,
    diskMb: 64,
    memoryMb: 64,
    cpuWeight: 1,
    maxPids: 0,
    privileged: false,
    ports: [8080],
    routes: {},
    logSource: "CELL",
    logGuid: "log",
    metricsGuid: "",
    annotation: "",
    egressRules: [],
    cachedDependencies: [],
    placementTags: [],
    volumeDrivers: [],
    checkDefinition: null,
    metricTags: {},
    sidecars: [],
    logRateLimitBytesPerSecond: -1,
    certificateOrganizationalUnits: [],
    imageUsername: "",
    imagePassword: "",
    networkProperties: {},
    modificationTag: { epoch: "", index: 0 },
    ...change,
  };
}

export function sampleTaskDefinition(change: Partial<TaskDefinition> = {}): TaskDefinition {
  return {
    rootfs: "preloaded:cflinuxfs4",
    environmentVariables: [],
    action: RUN,
    diskMb: 64,
    memoryMb: 64,
    cpuWeight: 1,
    maxPids: 0,
    privileged: false,
    logSource: "TASK",
    logGuid: "log",
    metricsGuid: "",
    resultFile: "",
    completionCallbackUrl: "",
    annotation: "",
    egressRules: [],
    cachedDependencies: [],
    placementTags: [],
    volumeDrivers: [],
    certificateOrganizationalUnits: [],
    imageUsername: "",
    imagePassword: "",
    logRateLimitBytesPerSecond: -1,
    metricTags: {},
    networkProperties: {},
    ...change,
  };
}
