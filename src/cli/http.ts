import { lookup } from "node:dns";
import { createWriteStream } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CliDeps } from "./deps.ts";
import { CliError } from "./errors.ts";
import type { Trace } from "./trace.ts";

/** Without an answer in this time a request has failed; an upload may take longer. */
const REQUEST_TIMEOUT_MS = 300_000;
const UPLOAD_TIMEOUT_MS = 3_600_000;
/** Seconds to connect; CF_DIAL_TIMEOUT changes it. cli: util/configv3/defaults.go */
const CONNECT_TIMEOUT_SECONDS = 6;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpCall {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | (() => Readable);
}

/** The certificate of the other side is not trusted. */
export class UntrustedCertificate extends CliError {
  readonly url: string;
  constructor(url: string, suggested = "api") {
    super(
      `Invalid SSL Cert for ${new URL(url).origin}\nTIP: Use 'cf ${suggested} --skip-ssl-validation' to continue with an insecure API endpoint`,
    );
    this.url = url;
  }
}

/** Requests to the platform; `*.localhost` is this machine, whatever the resolver says. */
export class Http {
  readonly #deps: CliDeps;
  readonly #trace: Trace;
  readonly #skipVerification: () => boolean;
  #agent: HttpsAgent | null = null;

  constructor(deps: CliDeps, trace: Trace, skipVerification: () => boolean) {
    this.#deps = deps;
    this.#trace = trace;
    this.#skipVerification = skipVerification;
  }

  /** Throws `CliError` when there is no answer; any status is an answer. */
  async call(call: HttpCall): Promise<HttpAnswer> {
    try {
      const incoming = await this.#open(call);
      const answer = answerOf(incoming, await bodyOf(incoming));
      this.#trace.response(answer);
      return answer;
    } catch (error) {
      throw this.#explain(error, call);
    }
  }

  /**
   * Like `call`, but the body of an answer below 300 goes into a file, however large it is; it is not in the answer.
   * Throws `CliError`, also when the file cannot be written.
   */
  async download(call: HttpCall, path: string): Promise<HttpAnswer> {
    let incoming: IncomingMessage;
    try {
      incoming = await this.#open(call);
    } catch (error) {
      throw this.#explain(error, call);
    }
    const arrived = (incoming.statusCode ?? 0) < 300;
    const answer = answerOf(incoming, arrived ? Buffer.alloc(0) : await bodyOf(incoming));
    this.#trace.response(answer);
    if (arrived) await pipeline(incoming, createWriteStream(path));
    return answer;
  }

  /** Resolves with the head of the answer; its body is still to be read. */
  async #open(call: HttpCall): Promise<IncomingMessage> {
    const secure = call.url.startsWith("https:");
    const { request } = secure ? await import("node:https") : await import("node:http");
    const agent = secure ? await this.#secureAgent(new URL(call.url).hostname) : undefined;
    const headers: Record<string, string> = {
      accept: "application/json",
      "user-agent": `cf/${this.#deps.version} (Ingot)`,
      ...call.headers,
    };
    const limitMs = typeof call.body === "function" ? UPLOAD_TIMEOUT_MS : REQUEST_TIMEOUT_MS;
    const limit = this.#deps.clock.deadline(limitMs, this.#deps.signal);
    const connectMs = (Number(this.#deps.env["CF_DIAL_TIMEOUT"]) || CONNECT_TIMEOUT_SECONDS) * 1000;
    this.#trace.request(call, headers);
    return await new Promise<IncomingMessage>((done, reject) => {
      const outgoing = request(
        call.url,
        {
          method: call.method,
          headers,
          signal: limit,
          lookup: localLookup,
          ...(agent === undefined ? {} : { agent }),
        },
        done,
      );
      outgoing.on("error", reject);
      outgoing.on("socket", (socket) => {
        if (!socket.connecting) return;
        socket.setTimeout(connectMs, () => outgoing.destroy(new Error(`connect: no answer within ${connectMs} ms`)));
        socket.once("connect", () => socket.setTimeout(0));
      });
      if (typeof call.body === "function") {
        const stream = call.body();
        stream.on("error", (error) => outgoing.destroy(error));
        stream.pipe(outgoing);
      } else outgoing.end(call.body);
    });
  }

  async #secureAgent(hostname: string): Promise<HttpsAgent> {
    if (this.#agent !== null) return this.#agent;
    const { Agent } = await import("node:https");
    const skip = this.#skipVerification();
    let ca: string[] | undefined;
    if (!skip && this.#deps.extraCa !== undefined && this.#deps.extraCa.length > 0) {
      const { getCACertificates } = await import("node:tls");
      ca = [...getCACertificates("default"), ...this.#deps.extraCa];
    }
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 8,
      rejectUnauthorized: !skip,
      // https_proxy and no_proxy count, but not for this machine.
      ...(isLocal(hostname) ? {} : { proxyEnv: { ...this.#deps.env } }),
      ...(ca === undefined ? {} : { ca }),
    });
    return this.#agent;
  }

  /** Ends idle connections, so that the program can end. */
  close(): void {
    this.#agent?.destroy();
    this.#agent = null;
  }

  /** After a change of --skip-ssl-validation. */
  reset(): void {
    this.close();
  }

  #explain(error: unknown, call: HttpCall): unknown {
    if (this.#deps.signal.aborted) return this.#deps.signal.reason;
    const code = String((error as NodeJS.ErrnoException).code ?? "");
    if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/.test(code)) return new UntrustedCertificate(call.url);
    const text = error instanceof Error ? error.message || code : String(error);
    const method = call.method[0]! + call.method.slice(1).toLowerCase();
    return new CliError(
      `Request error: ${method} "${call.url}": ${text}\nTIP: If you are behind a firewall and require an HTTP proxy, verify the https_proxy environment variable is correctly set. Else, check your network connection.`,
    );
  }
}

function answerOf(incoming: IncomingMessage, body: Buffer): HttpAnswer {
  return {
    status: incoming.statusCode ?? 0,
    statusText: incoming.statusMessage ?? "",
    headers: incoming.headers,
    body,
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Names below `localhost` are loopback (RFC 6761), which glibc's resolver does not know. */
const localLookup: LookupFunction = (hostname, options, callback) => {
  if (isLocal(hostname)) {
    if (options.all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
    else callback(null, "127.0.0.1", 4);
    return;
  }
  lookup(hostname, options, callback);
};

function isLocal(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost");
}
