// What a request must look like, and the words that say what is wrong.
// Diego: Validate() of bbs/models/desired_lrp.go, task.go, actions.go, actual_lrp.go and their parts.
import type { Action, CachedDependency, CheckDefinition, EnvironmentVariable } from "../../protocol/action.ts";
import type {
  ActualLrpInstanceKey,
  ActualLrpKey,
  DesiredLrp,
  DesiredLrpUpdate,
  MetricTags,
} from "../../protocol/lrp.ts";
import type { TaskDefinition } from "../../protocol/task.ts";
import type { ActualLrpStart } from "./actual-lrp-transitions.ts";
import { BbsError } from "./errors.ts";

/** Bytes. Diego: bbs/models/models.go */
const ANNOTATION_BYTES_MAX = 10 * 1024;
const ROUTES_BYTES_MAX = 128 * 1024;
/** A guard of ours: one request must not fill the memory. */
const INSTANCES_MAX = 100_000;
const GUID_PATTERN = /^[a-zA-Z0-9_-]+$/;
const ROOTFS_PATTERN = /^[a-zA-Z][a-zA-Z0-9+.-]*:/;

function invalid(field: string): string {
  return `Invalid field: ${field}`;
}

function throwIfAny(problems: readonly string[]): void {
  if (problems.length > 0) throw new BbsError("InvalidRequest", problems.join(", "));
}

export function checkDesiredLrp(lrp: DesiredLrp): void {
  const problems: string[] = [];
  const need = (good: boolean, field: string): void => {
    if (!good) problems.push(invalid(field));
  };
  need(lrp.domain !== "", "domain");
  need(ROOTFS_PATTERN.test(lrp.rootfs), "rootfs");
  need(Number.isInteger(lrp.instances) && lrp.instances >= 0 && lrp.instances <= INSTANCES_MAX, "instances");
  need(lrp.memoryMb >= 0, "memory_mb");
  need(lrp.diskMb >= 0, "disk_mb");
  need(lrp.logRateLimitBytesPerSecond >= -1, "log_rate_limit_bytes_per_second");
  need(Buffer.byteLength(lrp.annotation) <= ANNOTATION_BYTES_MAX, "annotation");
  need(lrp.maxPids >= 0, "max_pids");
  need(routesFit(lrp.routes), "routes");
  problems.push(...metricTagProblems(lrp.metricTags, lrp.metricsGuid));
  need(GUID_PATTERN.test(lrp.processGuid), "process_guid");
  if (lrp.setup !== null) problems.push(...partProblems("setup", actionProblems(lrp.setup)));
  problems.push(...partProblems("action", actionProblems(lrp.action)));
  if (lrp.monitor !== null) problems.push(...partProblems("monitor", actionProblems(lrp.monitor)));
  problems.push(...environmentProblems(lrp.environmentVariables));
  for (const dependency of lrp.cachedDependencies) problems.push(...dependencyProblems(dependency));
  for (const sidecar of lrp.sidecars) {
    problems.push(...partProblems("sidecars", actionProblems(sidecar.action)));
    need(sidecar.memoryMb >= 0, "memory_mb");
    need(sidecar.diskMb >= 0, "disk_mb");
  }
  need(lrp.imageUsername !== "" || lrp.imagePassword === "", "image_username");
  need(lrp.imageUsername === "" || lrp.imagePassword !== "", "image_password");
  if (lrp.checkDefinition !== null) problems.push(...checkProblems(lrp.checkDefinition));
  throwIfAny(problems);
}

export function checkDesiredLrpUpdate(update: DesiredLrpUpdate): void {
  const problems: string[] = [];
  const { instances, annotation, routes, metricTags } = update;
  if (instances !== undefined && !(Number.isInteger(instances) && instances >= 0 && instances <= INSTANCES_MAX)) {
    problems.push(invalid("instances"));
  }
  if (annotation !== undefined && Buffer.byteLength(annotation) > ANNOTATION_BYTES_MAX)
    problems.push(invalid("annotation"));
  if (routes !== undefined && !routesFit(routes)) problems.push(invalid("routes"));
  if (metricTags !== undefined) problems.push(...metricTagProblems(metricTags, ""));
  throwIfAny(problems);
}

export function checkTask(taskGuid: string, domain: string, definition: TaskDefinition): void {
  const problems: string[] = [];
  const need = (good: boolean, field: string): void => {
    if (!good) problems.push(invalid(field));
  };
  need(domain !== "", "domain");
  need(GUID_PATTERN.test(taskGuid), "task_guid");
  need(ROOTFS_PATTERN.test(definition.rootfs), "rootfs");
  problems.push(...partProblems("action", actionProblems(definition.action)));
  need(definition.memoryMb >= 0, "memory_mb");
  need(definition.diskMb >= 0, "disk_mb");
  need(definition.logRateLimitBytesPerSecond >= -1, "log_rate_limit");
  need(definition.maxPids >= 0, "max_pids");
  need(Buffer.byteLength(definition.annotation) <= ANNOTATION_BYTES_MAX, "annotation");
  need(definition.imageUsername !== "" || definition.imagePassword === "", "image_username");
  need(definition.imageUsername === "" || definition.imagePassword !== "", "image_password");
  for (const dependency of definition.cachedDependencies) problems.push(...dependencyProblems(dependency));
  throwIfAny(problems);
}

export function checkActualLrpKey(key: ActualLrpKey): void {
  throwIfAny(keyProblems(key));
}

export function checkInstanceKey(key: ActualLrpInstanceKey): void {
  throwIfAny(instanceKeyProblems(key));
}

export function checkStart(start: ActualLrpStart): void {
  throwIfAny([
    ...keyProblems(start.key),
    ...instanceKeyProblems(start.instanceKey),
    ...(start.netInfo.address === "" ? [invalid("address")] : []),
  ]);
}

function keyProblems(key: ActualLrpKey): string[] {
  const problems: string[] = [];
  if (key.processGuid === "") problems.push(invalid("process_guid"));
  if (!(Number.isInteger(key.index) && key.index >= 0 && key.index <= INSTANCES_MAX)) problems.push(invalid("index"));
  if (key.domain === "") problems.push(invalid("domain"));
  return problems;
}

function instanceKeyProblems(key: ActualLrpInstanceKey): string[] {
  const problems: string[] = [];
  if (key.cellId === "") problems.push(invalid("cell_id"));
  if (key.instanceGuid === "") problems.push(invalid("instance_guid"));
  return problems;
}

function partProblems(field: string, problems: readonly string[]): string[] {
  return problems.length === 0 ? [] : [invalid(field), ...problems];
}

function routesFit(routes: Readonly<Record<string, unknown>>): boolean {
  let bytes = 0;
  for (const value of Object.values(routes)) bytes += Buffer.byteLength(JSON.stringify(value) ?? "");
  return bytes <= ROUTES_BYTES_MAX;
}

function metricTagProblems(tags: MetricTags, metricsGuid: string): string[] {
  const problems: string[] = [];
  for (const tag of Object.values(tags)) {
    const good = tag.kind === "static" ? tag.value !== "" : tag.value === "INDEX" || tag.value === "INSTANCE_GUID";
    if (!good) problems.push(invalid("static"), invalid("dynamic"));
  }
  const source = tags["source_id"];
  if (
    Object.keys(tags).length > 0 &&
    metricsGuid !== "" &&
    !(source?.kind === "static" && source.value === metricsGuid)
  ) {
    problems.push(invalid("source_id should match metrics_guid"));
  }
  return partProblems("metric_tags", problems);
}

function environmentProblems(variables: readonly EnvironmentVariable[]): string[] {
  return variables.some(({ name }) => name === "") ? ["invalid field: name cannot be blank"] : [];
}

function checksumProblems(algorithm: string | undefined, value: string | undefined): string[] {
  if ((value ?? "") !== "" && (algorithm ?? "") === "") return [invalid("checksum algorithm")];
  if ((value ?? "") === "" && (algorithm ?? "") !== "") return [invalid("checksum value")];
  if (algorithm !== undefined && !["md5", "sha1", "sha256"].includes(algorithm)) return [invalid("invalid algorithm")];
  return [];
}

function dependencyProblems(dependency: CachedDependency): string[] {
  return partProblems("cached_dependency", [
    ...(dependency.from === "" ? [invalid("from")] : []),
    ...(dependency.to === "" ? [invalid("to")] : []),
    ...checksumProblems(dependency.checksumAlgorithm, dependency.checksumValue),
  ]);
}

function checkProblems(definition: CheckDefinition): string[] {
  return [...definition.checks, ...definition.readinessChecks].flatMap((check) =>
    check.port > 0 && check.port <= 65_535 ? [] : [invalid("port")],
  );
}

function actionProblems(action: Action | null | undefined): string[] {
  if (action === null || action === undefined) return [invalid("inner-action")];
  const empty = (value: string, field: string): string[] => (value === "" ? [invalid(field)] : []);
  switch (action.kind) {
    case "run":
      return [...empty(action.path, "path"), ...empty(action.user, "user")];
    case "download":
      return [
        ...empty(action.from, "from"),
        ...empty(action.to, "to"),
        ...empty(action.user, "user"),
        ...checksumProblems(action.checksumAlgorithm, action.checksumValue),
      ];
    case "upload":
      return [...empty(action.to, "to"), ...empty(action.from, "from"), ...empty(action.user, "user")];
    case "timeout":
      return [...actionProblems(action.action), ...(action.timeoutMs > 0 ? [] : [invalid("timeout_ms")])];
    case "try":
    case "emit-progress":
      return actionProblems(action.action);
    case "parallel":
    case "serial":
    case "codependent":
      return action.actions.length === 0 ? [invalid("actions")] : action.actions.flatMap(actionProblems);
    default:
      return [invalid("inner-action")];
  }
}
