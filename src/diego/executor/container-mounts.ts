import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BindMount } from "../../garden/client.ts";
import type { CachedDependency, EnvironmentVariable } from "../../protocol/action.ts";
import { byteSize } from "./byte-size.ts";
import type { CachedDownloads } from "./cached-downloads.ts";
import type { FullExecutorConfig } from "./config.ts";
import { messageOf } from "./errors.ts";
import type { DropletLayers } from "./layers/droplet-layers.ts";
import type { Limiter } from "./limiter.ts";
import type { LogStreamer } from "./log-streamer.ts";
import type { Container } from "./model.ts";

/** The platform's own dependency: it is mounted from disk, never downloaded. */
const LIFECYCLE_NAME = "buildpack_app_lifecycle";
const STAGING_DOMAIN = "cf-app-staging";
const SYSTEM_CERTIFICATES_PATH = "/etc/cf-system-certificates";

export interface ContainerMounts {
  readonly bindMounts: readonly BindMount[];
  readonly env: readonly EnvironmentVariable[];
  /** To be disposed of when the container is gone. */
  readonly held: readonly AsyncDisposable[];
}

export interface MountDeps {
  readonly config: Pick<FullExecutorConfig, "lifecyclePath" | "nodePath" | "trustedCertificatesPath">;
  readonly downloads: CachedDownloads;
  readonly limiter: Limiter;
}

/**
 * What is mounted besides the rootfs: lifecycle, cached dependencies, the platform's certificates. Throws when one
 * cannot be had; what was held is let go then. Diego: containerstore/dependencymanager.go
 */
export async function prepareMounts(
  container: Container,
  log: LogStreamer,
  deps: MountDeps,
  signal: AbortSignal,
): Promise<ContainerMounts> {
  const bindMounts: BindMount[] = [];
  const held: AsyncDisposable[] = [];
  const fetches: Promise<void>[] = [];
  for (const dependency of container.run?.cachedDependencies ?? []) {
    if (dependency.name === LIFECYCLE_NAME || dependency.cacheKey === LIFECYCLE_NAME) {
      bindMounts.push(...(await lifecycleMounts(container, dependency.to, deps.config)));
      continue;
    }
    fetches.push(
      fetchDependency(dependency, log, deps, signal).then((fetched) => {
        held.push(fetched);
        bindMounts.push({ sourcePath: fetched.path, destinationPath: dependency.to, mode: "ro" });
      }),
    );
  }
  const failed = (await Promise.allSettled(fetches)).find((end) => end.status === "rejected");
  if (failed !== undefined) {
    for (const one of held) await one[Symbol.asyncDispose]();
    throw failed.reason;
  }
  const env: EnvironmentVariable[] = [];
  if (deps.config.trustedCertificatesPath !== "") {
    bindMounts.push({
      sourcePath: deps.config.trustedCertificatesPath,
      destinationPath: SYSTEM_CERTIFICATES_PATH,
      mode: "ro",
    });
    env.push({ name: "CF_SYSTEM_CERT_PATH", value: SYSTEM_CERTIFICATES_PATH });
  }
  return { bindMounts, env, held };
}

/** What a container of an earlier run has mounted stays: dependencies in the cache, its layer. */
export function retainMounts(
  container: Container,
  deps: { readonly downloads: CachedDownloads; readonly layers: DropletLayers },
): readonly AsyncDisposable[] {
  const dependencies = (container.run?.cachedDependencies ?? [])
    .filter(({ name, cacheKey }) => name !== LIFECYCLE_NAME && cacheKey !== LIFECYCLE_NAME && cacheKey !== "")
    .map(({ cacheKey }) => deps.downloads.retainFolder(cacheKey));
  return container.layer === null ? dependencies : [...dependencies, deps.layers.retain(container.layer)];
}

async function lifecycleMounts(
  container: Container,
  to: string,
  config: MountDeps["config"],
): Promise<readonly BindMount[]> {
  const mounts: BindMount[] = [{ sourcePath: config.lifecyclePath, destinationPath: to, mode: "ro" }];
  const stages = container.owner.kind === "task" && container.owner.domain === STAGING_DOMAIN;
  if (stages && config.nodePath !== "") {
    // The second mount lies in the first, which is read-only by then: its mount point must exist.
    await mkdir(join(config.lifecyclePath, "node"), { recursive: true });
    mounts.push({ sourcePath: config.nodePath, destinationPath: `${to}/node`, mode: "ro" });
  }
  return mounts;
}

async function fetchDependency(
  dependency: CachedDependency,
  log: LogStreamer,
  deps: MountDeps,
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly path: string }> {
  const sink = log.sink.withSource(dependency.logSource ?? "");
  const say = (text: string): void => {
    if (dependency.name !== "") sink.stdout(`${text}\n`);
  };
  say(`Downloading ${dependency.name}...`);
  try {
    const fetched = await deps.limiter.run(() => deps.downloads.folder(dependency, signal), signal);
    const size = fetched.downloadedBytes > 0 ? ` (${byteSize(fetched.downloadedBytes)})` : "";
    say(`Downloaded ${dependency.name}${size}`);
    return fetched;
  } catch (error) {
    say(`Downloading ${dependency.name} failed`);
    throw new Error(`${dependency.name || dependency.cacheKey}: ${messageOf(error)}`, { cause: error });
  }
}
