import { createHash } from "node:crypto";
import type { Action, CachedDependency, DownloadAction } from "../../protocol/action.ts";
import type { TaskDefinition } from "../../protocol/task.ts";
import type { BridgeConfig } from "./config.ts";
import { egressRules } from "./egress-rules.ts";
import { lifecycleBundle } from "./lifecycle-bundle.ts";
import type { BuildpackToUse, StagingRequest } from "./model.ts";
import { certificateUnits, networkProperties, ownershipTags } from "./ownership.ts";

type RecipeConfig = Pick<
  BridgeConfig,
  "ccInternalUrl" | "fileServerUrl" | "ccUploaderUrl" | "stagingTimeoutSeconds" | "stagingFileDescriptors" | "pidsMax"
>;

/** CC: diego/constants.rb */
const STAGING_CPU_WEIGHT = 50;

/** The staging task of a buildpack app. CC: task_recipe_builder.rb, staging_action_builder.rb, buildpack/… */
export function stagingRecipe(request: StagingRequest, config: RecipeConfig): TaskDefinition {
  return {
    rootfs: `preloaded:${request.stack}`,
    environmentVariables: [{ name: "LANG", value: "en_US.UTF-8" }],
    action: { kind: "timeout", action: stagingAction(request, config), timeoutMs: config.stagingTimeoutSeconds * 1000 },
    diskMb: request.diskMb,
    memoryMb: request.memoryMb,
    cpuWeight: STAGING_CPU_WEIGHT,
    maxPids: config.pidsMax,
    privileged: false,
    logSource: "STG",
    logGuid: request.appGuid,
    metricsGuid: "",
    resultFile: "/tmp/result.json",
    completionCallbackUrl: `${config.ccInternalUrl}/internal/v3/staging/${request.buildGuid}/build_completed?start=false`,
    annotation: "",
    egressRules: egressRules(request.securityGroupRules),
    cachedDependencies: [lifecycleBundle(request.stack, config), ...buildpackDependencies(request, config)],
    placementTags: request.placementTags,
    volumeDrivers: [],
    certificateOrganizationalUnits: certificateUnits(request),
    imageUsername: "",
    imagePassword: "",
    logRateLimitBytesPerSecond: request.logRateLimitBytesPerSecond,
    metricTags: ownershipTags(request),
    networkProperties: networkProperties(request, request.appPorts, "staging"),
  };
}

/** Where the builder looks for a buildpack: the MD5 of its key is a name, not a safeguard. */
export function buildpackFolder(key: string): string {
  return `/tmp/buildpacks/${createHash("md5").update(key).digest("hex")}`;
}

function stagingAction(request: StagingRequest, config: RecipeConfig): Action {
  return {
    kind: "serial",
    actions: [
      { kind: "parallel", actions: downloads(request, config) },
      {
        kind: "run",
        path: "/tmp/lifecycle/builder",
        user: "vcap",
        args: [
          `-buildpackOrder=${request.buildpacks.map(({ key }) => key).join(",")}`,
          "-skipCertVerify=false",
          `-skipDetect=${request.skipDetect}`,
          "-buildDir=/tmp/app",
          "-outputDroplet=/tmp/droplet",
          "-outputMetadata=/tmp/result.json",
          "-outputBuildArtifactsCache=/tmp/output-cache",
          "-buildpacksDir=/tmp/buildpacks",
          "-buildArtifactsCacheDir=/tmp/cache",
        ],
        env: request.environment,
        nofile: config.stagingFileDescriptors,
      },
      {
        kind: "emit-progress",
        startMessage: "Uploading droplet, build artifacts cache...",
        successMessage: "Uploading complete",
        failureMessagePrefix: "Uploading failed",
        action: { kind: "parallel", actions: uploads(request, config) },
      },
    ],
  };
}

function downloads(request: StagingRequest, config: RecipeConfig): Action[] {
  const appBits: DownloadAction = {
    kind: "download",
    artifact: "app package",
    from: `${config.ccInternalUrl}/staging/packages/${request.packageGuid}`,
    to: "/tmp/app",
    cacheKey: "",
    user: "vcap",
    checksumAlgorithm: request.packageChecksum.algorithm,
    checksumValue: request.packageChecksum.value,
  };
  if (request.cacheSha256 === null) return [appBits];
  const cache: DownloadAction = {
    kind: "download",
    artifact: "build artifacts cache",
    from: `${config.ccInternalUrl}/staging/v3/buildpack_cache/${encodeURIComponent(request.stack)}/${request.appGuid}/download`,
    to: "/tmp/cache",
    cacheKey: "",
    user: "vcap",
    checksumAlgorithm: "sha256",
    checksumValue: request.cacheSha256,
  };
  return [appBits, { kind: "try", action: cache }]; // a lost cache only makes staging slower
}

function uploads(request: StagingRequest, config: RecipeConfig): Action[] {
  const cc = config.ccInternalUrl;
  const stack = encodeURIComponent(request.stack);
  const to = (path: string, parameter: string, target: string): string => {
    const query = new URLSearchParams({ [parameter]: target, timeout: String(config.stagingTimeoutSeconds) });
    return `${config.ccUploaderUrl}/v1/${path}/${request.buildGuid}?${query}`;
  };
  return [
    {
      kind: "upload",
      artifact: "droplet",
      from: "/tmp/droplet",
      to: to("droplet", "cc-droplet-upload-uri", `${cc}/internal/v4/droplets/${request.buildGuid}/upload`),
      user: "vcap",
    },
    {
      kind: "upload",
      artifact: "build artifacts cache",
      from: "/tmp/output-cache",
      to: to(
        "build_artifacts",
        "cc-build-artifacts-upload-uri",
        `${cc}/internal/v4/buildpack_cache/${stack}/${request.appGuid}/upload`,
      ),
      user: "vcap",
    },
  ];
}

function buildpackDependencies(request: StagingRequest, config: RecipeConfig): CachedDependency[] {
  const installed = request.buildpacks.filter(
    (buildpack): buildpack is BuildpackToUse & { guid: string } => buildpack.guid !== null,
  );
  return installed.map((buildpack) => ({
    name: buildpack.name,
    from: `${config.ccInternalUrl}/v2/buildpacks/${buildpack.guid}/download`,
    to: buildpackFolder(buildpack.key),
    cacheKey: buildpack.key,
    ...(buildpack.sha256 === null ? {} : { checksumAlgorithm: "sha256" as const, checksumValue: buildpack.sha256 }),
  }));
}
