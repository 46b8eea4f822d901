import { join } from "node:path";
import type { DatabaseLocation } from "../../kit/database.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";
import { Metrics } from "../../kit/metrics.ts";
import type { PlatformDeps } from "../platform.ts";
import type { Site } from "./site.ts";

/** Where the platform's own components listen. */
export const LOOPBACK = "127.0.0.1";

/** What every area needs to start its components, and where it leaves what it has started. */
export interface Assembly {
  readonly site: Site;
  readonly deps: PlatformDeps & { readonly http: HttpClient };
  /** What components tell of themselves in numbers. */
  readonly metrics: Metrics;
  log(component: string): Log;
  /** Path of a component's SQLite file. */
  data(name: string): string;
  /** Where a component keeps its rows that may be anywhere: its SQLite file, or its schema where there is a PostgreSQL. */
  database(name: string): DatabaseLocation;
  /** Lets the event loop go on. */
  pause(): Promise<void>;
  /** Waits for a start; what it gives is disposed with everything else, last started first. */
  keep<T extends AsyncDisposable>(starting: Promise<T>): Promise<T>;
  /** A component that has given up cannot be trusted: the whole process starts anew and adopts what runs. */
  mustLive(name: string, failed: AbortSignal): void;
}

export function newAssembly(site: Site, deps: Assembly["deps"], cleanup: AsyncDisposableStack): Assembly {
  const data = (name: string): string => join(site.state.data, `${name}.sqlite`);
  return {
    site,
    deps,
    metrics: new Metrics(),
    log: (component) => deps.log.child({ component }),
    data,
    database: (name) => {
      const url = site.config.database?.reveal();
      return url === undefined ? { path: data(name) } : { url, schema: name.replaceAll("-", "_") };
    },
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    keep: async (starting) => {
      const started = await starting;
      // Another has failed meanwhile: what comes too late must not run on.
      if (cleanup.disposed) await started[Symbol.asyncDispose]();
      return cleanup.use(started);
    },
    mustLive: (name, failed) =>
      failed.addEventListener("abort", () => {
        throw new Error(`${name} has given up`, { cause: failed.reason });
      }),
  };
}
