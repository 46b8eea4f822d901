/** Where the lifecycle finds and leaves things on the host. */
export interface LifecycleConfig {
  /** Folder for prepared files, STATE/cache. Must be on the same file system as `nodePath`, or Node is copied. */
  readonly cacheDir: string;
  /** The platform's Node program. It runs the builder, and apps that want this version. */
  readonly nodePath: string;
  /** Version of that program, without `v`. */
  readonly nodeVersion: string;
}
