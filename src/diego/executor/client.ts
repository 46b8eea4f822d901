import type { Resources } from "../../protocol/cell.ts";
import type { AllocationRequest, Container, RunInfo } from "./model.ts";

/** The containers of one cell, as its rep sees them. Diego: executor/client.go */
export interface ExecutorClient {
  /** Reserves what fits, in order; gives back the guids that did not. A reservation not run within a minute expires. */
  allocate(
    requests: readonly AllocationRequest[],
  ): Promise<readonly { readonly guid: string; readonly reason: string }[]>;
  /**
   * Creates the container and runs in it. Resolves as soon as that is noted, not when it is done: follow `onChange`.
   * Throws `ExecutorError` with kind `container-not-found`, `invalid-transition`.
   */
  run(guid: string, run: RunInfo): Promise<void>;
  /** New tags for log lines and metrics, new internal routes. Throws kind `container-not-found`. */
  update(
    guid: string,
    change: {
      readonly internalRoutes?: readonly { readonly hostname: string }[];
      readonly metricTags?: Readonly<Record<string, string>>;
    },
  ): Promise<void>;
  /** Begins the graceful stop (SIGTERM, 10 s, SIGKILL); its end shows as state `completed`. Throws kind `container-not-found`. */
  stop(guid: string): Promise<void>;
  /** Stops, removes the container and forgets it. Idempotent. */
  destroy(guid: string): Promise<void>;
  /** Null when there is none. */
  get(guid: string): Container | null;
  list(): readonly Container[];
  totalResources(): Resources;
  remainingResources(): Resources;
  /** Text of a file in the container. Throws kind `result-too-large`, `container-not-found`, or Garden's error. */
  readFile(guid: string, path: string, bytesMax: number, signal: AbortSignal): Promise<string>;
  /** Calls back after each reservation, start, readiness change and completion. Ends with dispose. */
  onChange(listener: (guid: string) => void): Disposable;
}

export type { AllocationRequest, Container, ContainerOwner, RunInfo } from "./model.ts";
