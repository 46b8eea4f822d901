import type { GardenClient } from "../../garden/client.ts";
import type { Log } from "../../kit/log.ts";
import type { CachedDownloads } from "./cached-downloads.ts";
import type { FullExecutorConfig } from "./config.ts";
import { prepareMounts } from "./container-mounts.ts";
import { containerSpec, createdFacts } from "./container-spec.ts";
import type { CreatedFacts } from "./container-state.ts";
import { messageOf } from "./errors.ts";
import type { InstanceCredentials } from "./instance-credentials.ts";
import { dropletDownload } from "./layers/droplet-download.ts";
import type { DropletLayers, HeldLayer } from "./layers/droplet-layers.ts";
import { unpackingLimits } from "./layers/unpacking.ts";
import type { Limiter } from "./limiter.ts";
import type { LogStreamer } from "./log-streamer.ts";
import type { Container, RunInfo } from "./model.ts";
import type { ExecutorStore } from "./store.ts";

/** Diego: containerstore/storenode.go; the texts are its own. */
const DOWNLOAD_FAILED = "failed to download cached artifacts";
const CREDENTIALS_FAILED = "failed to create credentials directory";
const CREATE_FAILED = "failed to create container";
const MB = 1024 * 1024;

export interface CreationDeps {
  readonly config: FullExecutorConfig;
  readonly garden: GardenClient;
  readonly store: ExecutorStore;
  readonly downloads: CachedDownloads;
  readonly downloadLimiter: Limiter;
  readonly layers: DropletLayers;
  readonly log: Log;
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
  await using letGo = new AsyncDisposableStack();
  const layerComes = dropletLayer(container, run, deps);
  const mounts = await prepareMounts(container, log, mountDeps, detached).catch(async (cause: unknown) => {
    await (await layerComes)?.[Symbol.asyncDispose]();
    throw new CreationFailed(DOWNLOAD_FAILED, { cause });
  });
  for (const one of mounts.held) letGo.use(one);
  const layer = letGo.use(await layerComes);
  const made = await deps.credentials.create(guid).catch((cause: unknown) => {
    throw new CreationFailed(CREDENTIALS_FAILED, { cause });
  });
  log.cell(`Cell ${config.cellId} creating container for instance ${guid}`);
  const spec = containerSpec(container, run, {
    ownerName: config.cellId,
    maxCpuShares: config.maxCpuShares,
    bindMounts: [...mounts.bindMounts, made.mount],
    env: [...mounts.env, ...made.env],
    layers: layer === null ? [] : [{ path: layer.path, bytes: layer.bytes }],
  });
  try {
    await store.durable();
    const info = await garden.create(spec, detached);
    log.cell(`Cell ${config.cellId} successfully created container for instance ${guid}`);
    letGo.move();
    const held = layer === null ? mounts.held : [...mounts.held, layer];
    return { facts: createdFacts(spec, info, layer?.layer ?? null), held };
  } catch (cause) {
    const text = messageOf(cause);
    if (!detached.aborted) {
      log.cell(`Cell ${config.cellId} failed to create container for instance ${guid}: ${text}`, "ERR");
    }
    throw new CreationFailed(`${CREATE_FAILED}: ${text}`, { cause });
  }
}

/**
 * The droplet as a layer; null when the container must unpack it itself. Whatever goes wrong here is no failure: the
 * container's own download meets the same obstacle, and tells the user about it as it always does.
 */
async function dropletLayer(container: Container, run: RunInfo, deps: CreationDeps): Promise<HeldLayer | null> {
  const download = deps.layers.areUsed ? dropletDownload(run) : null;
  if (download === null) return null;
  const diskBytes = container.need.diskMb * MB;
  try {
    const fetch = (): Promise<HeldLayer> => deps.layers.acquire(download, unpackingLimits(diskBytes), deps.detached);
    const layer = await deps.downloadLimiter.run(fetch, deps.detached);
    if (layer.bytes < diskBytes) return layer;
    await layer[Symbol.asyncDispose]();
    return null;
  } catch (error) {
    if (!deps.detached.aborted) {
      deps.log.warn("droplet could not become a layer", { guid: container.guid, error });
    }
    return null;
  }
}
