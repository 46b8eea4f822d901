export type { ExecutorClient } from "./client.ts";
export type { ExecutorConfig } from "./config.ts";
export { ExecutorError } from "./errors.ts";
export { type ExecutorDeps, type StartedExecutor, startExecutor } from "./executor.ts";
export type { InstanceIdentity } from "./instance-credentials.ts";
export type {
  AllocationRequest,
  Container,
  ContainerOwner,
  ContainerState,
  LogConfig,
  RunInfo,
  RunResult,
} from "./model.ts";
