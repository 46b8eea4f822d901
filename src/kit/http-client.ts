import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  /** Limit of the whole exchange, body included. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

/** Outgoing HTTP. */
export interface HttpClient {
  /** Resolves when the answer's headers are there, whatever the status; rejects on network failure and abort. */
  request(request: HttpRequest): Promise<HttpResponse>;
}

/** Where a well-known host really listens. */
export type HttpTarget = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/**
 * HTTP over real sockets. `resolve` maps the well-known names of the platform (`host:port` as written in the URL, e.g.
 * `cloud-controller-ng.service.cf.internal:9023`) to their listener: on one machine a unix socket in the state folder,
 * which needs no TLS because the folder is 0700. Null: the URL is taken as it stands.
 */
export function socketHttpClient(resolve: (hostAndPort: string) => HttpTarget | null = () => null): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 8, timeout: 30_000 });
  return {
    request: async (wanted) => {
      const url = new URL(wanted.url);
      const target = resolve(url.host);
      let secureRequest = httpRequest;
      let secureAgent: Agent | undefined = agent;
      if (target === null && url.protocol === "https:") {
        secureRequest = (await import("node:https")).request as typeof httpRequest;
        secureAgent = undefined;
      }
      return await new Promise<HttpResponse>((done, reject) => {
        const options = {
          method: wanted.method,
          path: `${url.pathname}${url.search}`,
          headers: { host: url.host, ...wanted.headers },
          signal: wanted.signal,
          ...(secureAgent === undefined ? {} : { agent: secureAgent }),
          ...(target ?? { host: url.hostname, port: url.port || (url.protocol === "https:" ? 443 : 80) }),
          ...(url.username === ""
            ? {}
            : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }),
        };
        const outgoing = secureRequest(options, (incoming) =>
          done({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: incoming }),
        );
        outgoing.on("error", reject);
        const { body } = wanted;
        if (body === undefined || typeof body === "string" || body instanceof Uint8Array) outgoing.end(body);
        else body.on("error", (error) => outgoing.destroy(error)).pipe(outgoing);
      });
    },
  };
}

/** The whole body as text, at most `bytesMax`; throws `RangeError` beyond. */
export async function bodyText(body: Readable, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > bytesMax) throw new RangeError(`body over ${bytesMax} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}
