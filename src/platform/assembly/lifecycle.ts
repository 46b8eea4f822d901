import { defaultNpmVersion } from "../../capi/buildpacks/index.ts";
import { prepareLifecycle, prepareRuntimes } from "../../capi/lifecycle/index.ts";
import type { Assembly } from "./assembly.ts";

export interface LifecycleStart {
  /** The folder that containers see as /tmp/lifecycle. */
  readonly folder: Promise<string>;
  /** Runtimes that stagings share are made beside everything else; what is not finished at disposal is at the next start. */
  prepareRuntimes(): Promise<AsyncDisposable>;
}

/** Prepares what containers are staged and launched with, beside everything else. */
export function beginLifecycle({ site, deps, log }: Assembly): LifecycleStart {
  const { clock, subprocess } = deps;
  const config = {
    cacheDir: site.state.cache,
    nodePath: process.execPath,
    nodeVersion: process.versions.node,
  };
  const folder = prepareLifecycle(config, { subprocess }, deps.signal).then(({ lifecycleDir }) => lifecycleDir);
  folder.catch(() => undefined); // told where it is awaited, if the start comes that far
  return {
    folder,
    prepareRuntimes: async () => {
      const running = new AbortController();
      const runtimes = prepareRuntimes(
        { ...config, lifecycleDir: await folder, npmVersion: defaultNpmVersion(process.versions.node) },
        { subprocess, clock, log: log("lifecycle") },
        running.signal,
      ).catch((error: unknown) => {
        if (!running.signal.aborted) log("lifecycle").warn("runtimes are not prepared", { error });
      });
      return {
        [Symbol.asyncDispose]: async () => {
          running.abort(new Error("the platform stops"));
          await runtimes;
        },
      };
    },
  };
}
