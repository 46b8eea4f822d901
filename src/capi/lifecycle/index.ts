export { xxhash64 as buildpackFolderName } from "./bundle/xxhash64.ts";
export type { LifecycleConfig } from "./config.ts";
export {
  type ContainerFile,
  containerContents,
  containerFiles,
  type TypeStripper,
  yamlLibrary,
} from "./container-files.ts";
export { prepareLifecycle } from "./prepare.ts";
export { prepareRuntimes, type RuntimesDeps } from "./runtimes.ts";
