export { BLOB_REFERENCES } from "./blob-references.ts";
export { type CloudController, startCloudController } from "./cloud-controller.ts";
export { type CcConfig, type CcUrls, DEFAULT_LIMITS } from "./config.ts";
export type { CcDeps, DomainName } from "./deps.ts";
export type { BlobReference, CcOperator } from "./operator.ts";
