export { type BridgeDeps, type CcBridge, startCcBridge } from "./bridge.ts";
export type {
  BridgeClient,
  CloudControllerSource,
  CrashReport,
  InstanceCounts,
  InstanceReport,
  InstanceState,
  InstanceUsage,
  ProcessQuery,
  UnfinishedTask,
} from "./client.ts";
export { type BridgeConfig, defaultBridgeConfig } from "./config.ts";
export { BridgeError, type BridgeErrorType } from "./errors.ts";
export type * from "./model.ts";
