export { xxhash64 as buildpackFolderName } from "./bundle/xxhash64.ts";
export type { LifecycleConfig } from "./config.ts";
export { prepareLifecycle } from "./prepare.ts";
