import type { IncomingMessage, ServerResponse } from "node:http";
import type { LogCacheClient } from "../client.ts";
import { envelopeJson } from "../envelope-json.ts";
import { LogCacheError } from "../errors.ts";
import { readOptions } from "./read-options.ts";

/** Who may read what. `token`: what stood behind `bearer`. */
export interface LogAccess {
  /** False as well for a token that is not valid. */
  authorize(token: string, sourceId: string, signal: AbortSignal): Promise<boolean>;
  /** All sources that the token may read, of these. Null: the token is not valid. */
  authorizedSources(
    token: string,
    sourceIds: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<string> | null>;
}

export interface LogCacheApiDeps {
  readonly client: LogCacheClient;
  readonly access: LogAccess;
  readonly version: string;
  readonly uptimeSeconds: () => number;
  /** Limit of one request. */
  readonly deadline: () => AbortSignal;
}

/**
 * The HTTP API as the cf CLI knows it. Whoever may not read something is told that it does not exist (404, no body), also
 * without a token. Log-cache: auth/cf_auth_middleware.go, gateway/gateway.go
 */
export async function handleLogCacheRequest(
  request: IncomingMessage,
  response: ServerResponse,
  deps: LogCacheApiDeps,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://log-cache");
  if (url.pathname === "/api/v1/info") {
    answer(response, 200, { version: deps.version, vm_uptime: String(Math.floor(deps.uptimeSeconds())) });
    return;
  }
  const read = /^\/api\/v1\/read\/([^/]+)$/.exec(url.pathname);
  const token = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined || (read === null && url.pathname !== "/api/v1/meta")) {
    notFound(response);
    return;
  }
  if (request.method !== "GET") {
    answer(response, 501, { code: 12, message: "Method Not Allowed", details: [] });
    return;
  }
  try {
    if (read === null) await answerMeta(response, token, deps);
    else await answerRead(response, decodeURIComponent(read[1]!), url.searchParams, token, deps);
  } catch (error) {
    if (error instanceof URIError) notFound(response);
    else if (error instanceof LogCacheError) {
      answer(response, error.status, { code: error.grpcCode, message: error.message, details: [] });
    } else throw error;
  }
}

async function answerRead(
  response: ServerResponse,
  sourceId: string,
  query: URLSearchParams,
  token: string,
  { client, access, deadline }: LogCacheApiDeps,
): Promise<void> {
  if (await access.authorize(token, sourceId, deadline())) {
    const batch = client.read(sourceId, readOptions(query)).map(envelopeJson);
    answer(response, 200, { envelopes: { batch } });
  } else notFound(response);
}

async function answerMeta(response: ServerResponse, token: string, deps: LogCacheApiDeps): Promise<void> {
  const all = deps.client.meta();
  const allowed = await deps.access.authorizedSources(token, [...all.keys()], deps.deadline());
  if (allowed === null) {
    notFound(response);
    return;
  }
  const meta: Record<string, object> = {};
  for (const [sourceId, { count, expired, oldestNs, newestNs }] of all) {
    if (!allowed.has(sourceId)) continue;
    meta[sourceId] = {
      count: String(count),
      ...(expired === 0 ? {} : { expired: String(expired) }),
      oldestTimestamp: String(oldestNs),
      newestTimestamp: String(newestNs),
    };
  }
  answer(response, 200, { meta });
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { "content-length": 0 }).end();
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}
