import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { LogCacheClient } from "./client.ts";
import type { LogCacheConfig } from "./config.ts";
import { handleLogCacheRequest, type LogAccess } from "./handlers/api.ts";
import { LogStore } from "./log-store.ts";
import { SegmentFiles } from "./segment-files.ts";

export interface LogCacheDeps {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Whether the token may read the source; false also for an invalid token. The Cloud Controller knows
   * (`/internal/v4/log_access/:guid`); scopes `doppler.firehose`, `logs.admin` and `cloud_controller.admin` read all.
   */
  readonly authorize: (token: string, sourceId: string, signal: AbortSignal) => Promise<boolean>;
  /** The same for many at once, for `/api/v1/meta`. Absent: `authorize` is asked for each. */
  readonly authorizedSources?: LogAccess["authorizedSources"];
}

export interface LogCache extends AsyncDisposable {
  readonly client: LogCacheClient;
  /** Where the HTTP API listens; null without `listen`. */
  readonly address: { readonly socketPath: string } | { readonly host: string; readonly port: number } | null;
}

/** No request of this API takes longer; a slow authority must not pile them up. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Authority questions at once, for one `/api/v1/meta`. */
const ASK_AT_ONCE = 8;
const DISK_BYTES = 16 * 1_048_576;
/** Of the log-cache release whose API this is. */
const VERSION = "3.2.8";

/**
 * Resolves when it can be read from and written to; rejects with nothing left running. With a `folder`, log lines of earlier
 * processes appear shortly after.
 */
export async function startLogCache(config: LogCacheConfig, deps: LogCacheDeps): Promise<LogCache> {
  const store = new LogStore(
    {
      perSourceMax: config.perSourceMax ?? 10_000,
      perSourceBytesMax: config.perSourceBytesMax ?? 8 * 1_048_576,
      bytesMax: config.bytesMax ?? 64 * 1_048_576,
    },
    () => deps.clock.nowNs(),
  );
  const server = config.listen === undefined ? null : apiServer(store, config.version ?? VERSION, deps);
  let address: LogCache["address"] = null;
  if (server !== null && config.listen !== undefined) {
    if ("socketPath" in config.listen) rmSync(config.listen.socketPath, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    if ("socketPath" in config.listen) server.listen(config.listen.socketPath, resolve);
    else server.listen(config.listen.port, config.listen.host, resolve);
    await promise;
    address =
      "socketPath" in config.listen
        ? config.listen
        : { host: config.listen.host, port: (server.address() as AddressInfo).port };
  }
  const stopping = new AbortController();
  const files =
    config.folder === undefined ? null : new SegmentFiles(config.folder, config.diskBytesMax ?? DISK_BYTES, deps);
  const filing = files === null ? null : keepOnDisk(files, store, deps.log, stopping.signal);
  const client: LogCacheClient = {
    put: (envelopes) => {
      store.put(envelopes);
      files?.add(envelopes);
    },
    read: (sourceId, options) => store.read(sourceId, options),
    meta: () => store.meta(),
  };
  return {
    client,
    address,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await filing;
      if (server === null) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function keepOnDisk(files: SegmentFiles, store: LogStore, log: Log, signal: AbortSignal): Promise<void> {
  try {
    await files.load((envelopes) => store.put(envelopes));
  } catch (error) {
    log.warn("earlier log lines cannot be read", { error });
  }
  await files.run(signal);
}

function apiServer(client: LogCacheClient, version: string, deps: LogCacheDeps): Server {
  const { clock, authorize } = deps;
  const startedMs = clock.steadyMs();
  const api = {
    client,
    version,
    access: { authorize, authorizedSources: deps.authorizedSources ?? askForEach(authorize) },
    uptimeSeconds: () => (clock.steadyMs() - startedMs) / 1000,
    deadline: () => clock.deadline(REQUEST_TIMEOUT_MS),
  };
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume(); // no endpoint reads a body
    handleLogCacheRequest(request, response, api).catch((error: unknown) => {
      deps.log.error("log-cache request failed", { path: request.url, error });
      if (!response.headersSent) response.writeHead(502, { "content-length": 0 });
      response.end();
    });
  });
}

function askForEach(authorize: LogCacheDeps["authorize"]): LogAccess["authorizedSources"] {
  return async (token, sourceIds, signal) => {
    const allowed = new Set<string>();
    const left = [...sourceIds];
    const ask = async (): Promise<void> => {
      for (let sourceId = left.pop(); sourceId !== undefined; sourceId = left.pop()) {
        if (await authorize(token, sourceId, signal)) allowed.add(sourceId);
      }
    };
    await Promise.all(Array.from({ length: ASK_AT_ONCE }, ask));
    return allowed;
  };
}
