export { type CloudController, startCloudController } from "./cloud-controller.ts";
export { type CcConfig, type CcInfo, type CcLimits, type CcUrls, DEFAULT_LIMITS } from "./config.ts";
export type { CcDeps } from "./deps.ts";
export { CcError, type CcErrorName } from "./errors.ts";
