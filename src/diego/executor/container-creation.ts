import type { GardenClient } from "../../garden/client.ts";
import type { CachedDownloads } from "./cached-downloads.ts";
import type { FullExecutorConfig } from "./config.ts";
import { prepareMounts } from "./container-mounts.ts";
import { containerSpec, createdFacts } from "./container-spec.ts";
import type { CreatedFacts } from "./container-state.ts";
import { messageOf } from "./errors.ts";
import type { InstanceCredentials } from "./instance-credentials.ts";
import type { Limiter } from "./limiter.ts";
import type { LogStreamer } from "./log-streamer.ts";
import type { Container, RunInfo } from "./model.ts";
import type { ExecutorStore } from "./store.ts";

/** Diego: containerstore/storenode.go; the texts are its own. */
const DOWNLOAD_FAILED = "failed to download cached artifacts";
const CREDENTIALS_FAILED = "failed to create credentials directory";
const CREATE_FAILED = "failed to create container";

export interface CreationDeps {
  readonly config: FullExecutorConfig;
  readonly garden: GardenClient;
  readonly store: ExecutorStore;
  readonly downloads: CachedDownloads;
  readonly downloadLimiter: Limiter;
  readonly credentials: InstanceCredentials;
  readonly detached: AbortSignal;
}

/** The message is the reason as the user reads it, the cause what really happened. Another cell may have more luck. */
export class CreationFailed extends Error {}

/**
 * Dependencies, folder of credentials, container. `held` is to be disposed of when the container is gone. Rejects with
 * `CreationFailed`, with nothing held.
 */
export async function createContainer(
  container: Container,
  run: RunInfo,
  log: LogStreamer,
  deps: CreationDeps,
): Promise<{ readonly facts: CreatedFacts; readonly held: readonly AsyncDisposable[] }> {
  const { config, garden, store, detached } = deps;
  const { guid } = container;
  const mountDeps = { config, downloads: deps.downloads, limiter: deps.downloadLimiter };
  const mounts = await prepareMounts(container, log, mountDeps, detached).catch((cause: unknown) => {
    throw new CreationFailed(DOWNLOAD_FAILED, { cause });
  });
  await using letGo = new AsyncDisposableStack();
  for (const one of mounts.held) letGo.use(one);
  const made = await deps.credentials.create(guid).catch((cause: unknown) => {
    throw new CreationFailed(CREDENTIALS_FAILED, { cause });
  });
  log.cell(`Cell ${config.cellId} creating container for instance ${guid}`);
  const spec = containerSpec(container, run, {
    ownerName: config.cellId,
    maxCpuShares: config.maxCpuShares,
    bindMounts: [...mounts.bindMounts, made.mount],
    env: [...mounts.env, ...made.env],
  });
  try {
    await store.durable();
    const info = await garden.create(spec, detached);
    log.cell(`Cell ${config.cellId} successfully created container for instance ${guid}`);
    letGo.move();
    return { facts: createdFacts(spec, info), held: mounts.held };
  } catch (cause) {
    const text = messageOf(cause);
    if (!detached.aborted) {
      log.cell(`Cell ${config.cellId} failed to create container for instance ${guid}: ${text}`, "ERR");
    }
    throw new CreationFailed(`${CREATE_FAILED}: ${text}`, { cause });
  }
}
