import type { CachedDependency } from "../../protocol/action.ts";

/** Builder and launcher, mounted read-only into every container. CC: diego/buildpack/desired_lrp_builder.rb */
export function lifecycleBundle(stack: string, config: { readonly fileServerUrl: string }): CachedDependency {
  return {
    name: "buildpack_app_lifecycle",
    from: `${config.fileServerUrl}/v1/static/buildpack_app_lifecycle/buildpack_app_lifecycle.tgz`,
    to: "/tmp/lifecycle",
    cacheKey: `buildpack-${stack}-lifecycle`,
  };
}
