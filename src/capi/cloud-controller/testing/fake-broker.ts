import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request that the broker got. */
export interface BrokerRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

/** What it answers; `hang` never answers, a string is sent as HTML. */
export type BrokerReply =
  | "hang"
  | { readonly status: number; readonly body: object | string; readonly headers?: Record<string, string> };

export type BrokerRule = (request: BrokerRequest) => BrokerReply | undefined;

/** What is offered; the ids are the catalog's own. */
export interface FakeOffering {
  readonly id: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

/**
 * A service broker over real HTTP: provisions, binds and forgets at once and well, except where a rule of the test says otherwise. Keeps
 * what it was asked and what it has. For tests.
 */
export class FakeBroker implements AsyncDisposable {
  readonly requests: BrokerRequest[] = [];
  /** Guids of instances and bindings that the broker holds. */
  readonly holds = new Set<string>();
  /** The first that gives a reply decides. */
  rules: BrokerRule[] = [];
  services: readonly FakeOffering[];
  readonly #server: Server;

  private constructor(services: readonly FakeOffering[]) {
    this.services = services;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(services: readonly FakeOffering[]): Promise<FakeBroker> {
    const broker = new FakeBroker(services);
    await new Promise<void>((done) => broker.#server.listen(0, "127.0.0.1", done));
    return broker;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests of this method whose path matches. */
  asked(method: string, path: RegExp): BrokerRequest[] {
    return this.requests.filter((request) => request.method === method && path.test(request.path));
  }

  /** Until `off` is called, requests of this method and path get this reply. */
  rule(
    method: string,
    path: RegExp,
    reply: BrokerReply | ((request: BrokerRequest) => BrokerReply | undefined),
  ): () => void {
    const rule: BrokerRule = (request) => {
      if (request.method !== method || !path.test(request.path)) return undefined;
      return typeof reply === "function" ? reply(request) : reply;
    };
    this.rules.unshift(rule);
    return () => {
      this.rules = this.rules.filter((one) => one !== rule);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://broker");
    const { method = "GET", headers } = request;
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    const asked: BrokerRequest = { method, path: pathname, query: searchParams, headers, body };
    this.requests.push(asked);
    let reply: BrokerReply | undefined;
    for (const rule of this.rules) {
      reply = rule(asked);
      if (reply !== undefined) break;
    }
    reply ??= this.#usual(asked);
    if (reply === "hang") return;
    const type = typeof reply.body === "string" ? "text/html" : "application/json";
    response.writeHead(reply.status, { "content-type": type, ...reply.headers });
    response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  }

  #usual({ method, path }: BrokerRequest): BrokerReply {
    if (path === "/v2/catalog") return { status: 200, body: { services: this.services } };
    const guid = path.split("/").at(-1)!;
    const isBinding = path.includes("/service_bindings/");
    if (method === "PUT") {
      this.holds.add(guid);
      const made = isBinding ? { credentials: { user: guid } } : { dashboard_url: `https://dashboard/${guid}` };
      return { status: 201, body: made };
    }
    if (method === "PATCH") return { status: 200, body: {} };
    if (method === "DELETE") {
      const had = this.holds.delete(guid);
      return { status: had ? 200 : 410, body: {} };
    }
    return { status: 404, body: {} };
  }
}
