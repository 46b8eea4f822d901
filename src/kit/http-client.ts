import { lookup as dnsLookup } from "node:dns";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";

const FILE_CHUNK_BYTES = 262_144;

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  /** Instead of `body`: a file of this machine. Over a unix socket of the platform its name goes, not its bytes. */
  readonly bodyFile?: string;
  /** The other side's certificate counts for nothing: only where an operator said so for this one address. */
  readonly skipTlsVerification?: boolean;
  /** Limit of the whole exchange, body included. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
  /** The same bytes as a file of this machine, which nobody changes; it may be removed at any time. */
  readonly localFile?: string;
}

/**
 * Headers by which the platform's own components hand over a file instead of its bytes: both sides of a unix socket live on
 * one machine, under one account. As nginx does with X-Accel-Redirect for the real Cloud Controller. Only for listeners
 * on unix sockets: what comes over TCP may be anybody's.
 */
export const LOCAL_FILE = { accepted: "x-ingot-accepts-file", path: "x-ingot-file" } as const;

/** Outgoing HTTP. */
export interface HttpClient {
  /** Resolves when the answer's headers are there, whatever the status; rejects on network failure and abort. */
  request(request: HttpRequest): Promise<HttpResponse>;
}

/** Where a well-known host really listens. */
export type HttpTarget = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** How names outside the platform are reached. */
export interface OutsideHttp {
  /** The address of a host name; null: DNS knows. */
  readonly addressOf?: (hostname: string) => string | null;
  /** IP addresses where nothing is asked, whatever name leads there. */
  readonly refuses?: (address: string) => boolean;
  /** A certificate authority that is trusted besides the usual ones. */
  readonly caPem?: string;
}

/**
 * HTTP over real sockets. `resolve` maps the well-known names of the platform (`host:port` as written in the URL, e.g.
 * `cloud-controller-ng.service.cf.internal:9023`) to their listener: on one machine a unix socket in the state folder,
 * which needs no TLS because the folder is 0700. Null: the URL is taken as it stands.
 */
export function socketHttpClient(
  resolve: (hostAndPort: string) => HttpTarget | null = () => null,
  outside: OutsideHttp = {},
): HttpClient {
  const { addressOf = () => null, refuses = null, caPem } = outside;
  const lookup = refuses === null ? null : refusingLookup(refuses);
  const plain: HttpWay = {
    request: httpRequest,
    agent: new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 8, timeout: 30_000 }),
  };
  let secure: Promise<HttpWay> | undefined;
  const secureOnce = (): Promise<HttpWay> => {
    secure ??= secureWay(caPem);
    return secure;
  };
  return {
    request: async (wanted) => {
      const url = new URL(wanted.url);
      const target = resolve(url.host);
      const address = addressOf(url.hostname);
      if (refuses?.(url.hostname.replace(/^\[|\]$/g, "")) === true) throw new RefusedAddressError(url.hostname);
      const isSecure = target === null && url.protocol === "https:";
      const way = isSecure ? await secureOnce() : plain;
      const isOurs = target !== null && "socketPath" in target;
      const fileHeaders = await headersOfFile(wanted.bodyFile, isOurs);
      return await new Promise<HttpResponse>((done, reject) => {
        const options = {
          method: wanted.method,
          path: `${url.pathname}${url.search}`,
          headers: { host: url.host, ...wanted.headers, ...fileHeaders },
          signal: wanted.signal,
          ...(wanted.skipTlsVerification === true ? { rejectUnauthorized: false } : {}),
          agent: way.agent,
          ...(target ?? { host: url.hostname, port: url.port || (url.protocol === "https:" ? 443 : 80) }),
          ...(lookup === null ? {} : { lookup }),
          // The name stays in the request and in TLS: only the way there is another.
          ...(target === null && address !== null ? { host: address, servername: url.hostname } : {}),
          ...(url.username === ""
            ? {}
            : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }),
        };
        const outgoing = way.request(options, (incoming) => {
          const { statusCode: status = 0, headers } = incoming;
          const localFile = isOurs ? headers[LOCAL_FILE.path] : undefined;
          if (typeof localFile !== "string") return done({ status, headers, body: incoming });
          incoming.resume();
          done({ status, headers, body: Readable.from(bytesOf(localFile), { objectMode: false }), localFile });
        });
        outgoing.on("error", reject);
        const body = wanted.bodyFile === undefined || isOurs ? wanted.body : createReadStream(wanted.bodyFile);
        if (body === undefined || typeof body === "string" || body instanceof Uint8Array) outgoing.end(body);
        else body.on("error", (error) => outgoing.destroy(error)).pipe(outgoing);
      });
    },
  };
}

interface HttpWay {
  readonly request: typeof httpRequest;
  readonly agent: Agent;
}

/** TLS, loaded when somebody asks for it. One agent a client: another client's open connections were not checked by this one's rules. */
async function secureWay(caPem: string | undefined): Promise<HttpWay> {
  const { Agent: SecureAgent, request } = await import("node:https");
  const ca = caPem === undefined ? {} : { ca: [...(await import("node:tls")).rootCertificates, caPem] };
  return { request: request as typeof httpRequest, agent: new SecureAgent({ keepAlive: true, timeout: 5_000, ...ca }) };
}

/** The address, or one that a name stands for, is not to be asked. */
export class RefusedAddressError extends Error {
  constructor(hostname: string) {
    super(`${hostname} is at an address that is not asked`);
  }
}

/** DNS, without names that lead to refused addresses. Asked for each connection, so that what was checked is what is connected to. */
function refusingLookup(refuses: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      if (addresses.some(({ address }) => refuses(address))) return callback(new RefusedAddressError(hostname), []);
      if (options.all === true) return callback(null, addresses);
      const [first] = addresses;
      callback(null, first!.address, first!.family);
    });
  };
}

async function headersOfFile(path: string | undefined, isOurs: boolean): Promise<Record<string, string>> {
  if (path === undefined) return isOurs ? { [LOCAL_FILE.accepted]: "1" } : {};
  if (isOurs) return { [LOCAL_FILE.path]: path, "content-length": "0" };
  return { "content-length": String((await stat(path)).size) };
}

/** Opened when somebody reads. */
async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  yield* createReadStream(path, { highWaterMark: FILE_CHUNK_BYTES });
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
