import type { Socket } from "node:net";
import type { Clock } from "../../../kit/clock.ts";
import type { Random } from "../../../kit/random.ts";
import type { Endpoint } from "../endpoint.ts";
import { EndpointPool, pickEndpoint } from "../pick-endpoint.ts";
import type { RouteTable } from "../route-table.ts";
import { ClientConnection } from "./client-connection.ts";
import { Exchange } from "./exchange.ts";
import { findPool } from "./find-pool.ts";
import { forwardRequest, forwardResponse } from "./forward-head.ts";
import { Header } from "./http/header-names.ts";
import { RequestHead } from "./http/request-head.ts";
import { ResponseHead } from "./http/response-head.ts";
import type { ProxyLimits } from "./limits.ts";
import { connectionLimitReached, endpointFailure } from "./router-error.ts";
import { stickyCookie, stickyInstance } from "./sticky-session.ts";
import { UpstreamConnection } from "./upstream-connection.ts";
import type { UpstreamFailure } from "./upstream-failure.ts";

/** Status in the log when the client went away first. nginx's number, as in the real router. */
const CLIENT_GONE = 499;

export interface HttpProxyDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly table: RouteTable;
  readonly limits: ProxyLimits;
  /** Session cookies that make a client stick to an instance. sticky_session_cookie_names: JSESSIONID. */
  readonly stickyCookieNames: readonly string[];
  readonly secureCookies: boolean;
  /** Every finished exchange, for log and counts. @param endMs steady milliseconds. */
  readonly finished: (exchange: Exchange, endMs: number) => void;
}

/** Takes requests from clients to endpoints and answers back; holds all connections of a worker. */
export class HttpProxy {
  readonly clock: Clock;
  readonly limits: ProxyLimits;
  readonly requestHead = new RequestHead();
  readonly responseHead = new ResponseHead();
  readonly clients = new Set<ClientConnection>();
  readonly upstreams = new Set<UpstreamConnection>();
  /** Authorities for endpoints with TLS; null: the system's. */
  backendCa: string | null = null;
  /** No new requests: every answer closes its connection. */
  draining = false;
  readonly #deps: HttpProxyDeps;
  /** Steady milliseconds of the last `now`: exact enough for deadlines, at most a second old. */
  recentMs: number;
  #date = "";
  #dateMs = 0;

  constructor(deps: HttpProxyDeps) {
    this.#deps = deps;
    this.clock = deps.clock;
    this.limits = deps.limits;
    this.recentMs = deps.clock.steadyMs();
  }

  /** Looks at the clock; steady milliseconds. */
  now(): number {
    this.recentMs = this.clock.steadyMs();
    return this.recentMs;
  }

  /** A client has connected. */
  accept(socket: Socket, secure: boolean): void {
    if (this.clients.size >= this.limits.clientsMax) socket.destroy();
    else this.clients.add(new ClientConnection(socket, secure, this));
  }

  closed(client: ClientConnection): void {
    this.clients.delete(client);
  }

  drain(): void {
    this.draining = true;
    for (const client of this.clients) if (client.idle) client.close();
  }

  /** About once a second: the deadlines of all connections. */
  checkTime(): void {
    const nowMs = this.now();
    for (const client of this.clients) client.checkTime(nowMs);
    for (const upstream of this.upstreams) upstream.checkTime(nowMs);
  }

  httpDate(): string {
    const nowMs = this.clock.nowMs();
    if (nowMs - this.#dateMs >= 1000 || nowMs < this.#dateMs) {
      this.#dateMs = nowMs - (nowMs % 1000);
      this.#date = new Date(nowMs).toUTCString();
    }
    return this.#date;
  }

  /** The exchange for the head that was just parsed. */
  exchange(client: ClientConnection): Exchange {
    const request = this.requestHead;
    const exchange = new Exchange(client, this.clock.nowMs(), this.recentMs);
    exchange.line = request.line;
    exchange.method = request.method;
    exchange.host = request.host;
    exchange.remoteAddress = client.remoteAddress;
    exchange.keepAlive = request.keepAlive;
    exchange.oldClient = request.minorVersion === 0;
    exchange.upgrade = request.upgrade;
    exchange.idempotent = request.idempotent;
    const { fields } = request;
    for (let line = 0; line < fields.count; line++) {
      if (fields.ids[line] === Header.userAgent) exchange.userAgent = fields.value(line);
      else if (fields.ids[line] === Header.referer) exchange.referer = fields.value(line);
    }
    return exchange;
  }

  /** Finds who shall answer and sends the request there. Gorouter: handlers/lookup.go */
  route(exchange: Exchange): void {
    const request = this.requestHead;
    const { client } = exchange;
    exchange.requestId = this.#deps.random.guid();
    const forwarded = forwardRequest(request, {
      remoteIp: client.remoteIp,
      proto: client.secure ? "https" : "http",
      requestId: exchange.requestId,
      nowMs: exchange.receivedWallMs,
    });
    exchange.forwardedFor = forwarded.forwardedFor;
    exchange.forwardedProto = forwarded.forwardedProto;
    const pool = findPool(request, client.remoteIp, this.#deps.table, this.limits.inFlightMax);
    if (!(pool instanceof EndpointPool)) {
      client.answer(pool);
      return;
    }
    exchange.forward = forwarded.head;
    exchange.pool = pool;
    const cookies = request.fields.find(Header.cookie);
    if (cookies !== null) exchange.sticky = stickyInstance(cookies, this.#deps.stickyCookieNames);
    exchange.forwardedMs = this.now();
    exchange.deadlineMs = exchange.forwardedMs + this.limits.endpointTimeoutMs;
    this.#send(exchange);
  }

  /** The head of the answer has come: what the client gets of it. Called once per exchange. */
  answered(exchange: Exchange, dechunk: boolean): string {
    const response = this.responseHead;
    exchange.responseStarted = true;
    exchange.status = response.status;
    exchange.endpoint!.inFlight--;
    const close = !exchange.keepAlive || this.draining;
    const framing = close ? "close" : exchange.oldClient ? "keep-alive-1.0" : "as-is";
    return forwardResponse(response, exchange.requestId, this.#stickyCookie(exchange), framing, dechunk);
  }

  /** Answer and endpoint are done with each other. */
  completed(exchange: Exchange): void {
    exchange.upstream = null;
    this.finished(exchange);
    exchange.client.next(exchange.keepAlive && exchange.requestComplete);
  }

  /** The endpoint failed before the answer began. @param stale a kept connection that the endpoint had closed meanwhile. */
  failed(exchange: Exchange, failure: UpstreamFailure, stale: boolean): void {
    const endpoint = exchange.endpoint!;
    endpoint.inFlight--;
    exchange.upstream = null;
    if (exchange.finished) return;
    const nothingSent = failure.kind === "dial" || failure.kind === "tls";
    if (stale && exchange.idempotent) {
      exchange.mustDial = true;
      this.#sendTo(exchange, endpoint);
      return;
    }
    if (nothingSent || failure.kind === "reset") endpoint.failedUntilMs = this.now() + this.limits.failedMs;
    const retriable = nothingSent || (failure.kind === "closed" && exchange.idempotent);
    if (retriable && exchange.attempts < this.limits.attemptsMax) {
      const next = this.#pick(exchange);
      if (next !== null && !exchange.tried.includes(next)) {
        this.#sendTo(exchange, next);
        return;
      }
    }
    exchange.client.answer(endpointFailure(failure.answer, failure.cause));
  }

  /** The answer broke off in the middle: the client must see that, too. */
  broken(exchange: Exchange): void {
    this.abandon(exchange);
    this.finished(exchange);
    exchange.client.socket.destroy();
  }

  /** The endpoint has ended a changed protocol: the client gets what is on its way, then the end. */
  tunnelEnded(exchange: Exchange): void {
    this.abandon(exchange);
    this.finished(exchange);
    exchange.client.close();
  }

  timedOut(exchange: Exchange): void {
    if (exchange.responseStarted) {
      this.broken(exchange);
      return;
    }
    this.abandon(exchange);
    exchange.client.answer(endpointFailure("unreachable", "context deadline exceeded"));
  }

  clientGone(exchange: Exchange): void {
    if (exchange.finished) return;
    if (exchange.status === 0) exchange.status = CLIENT_GONE;
    this.abandon(exchange);
    this.finished(exchange);
    exchange.client.socket.destroy();
  }

  /** Lets go of the endpoint's connection, whatever state it is in. */
  abandon(exchange: Exchange): void {
    const { upstream } = exchange;
    if (upstream === null) return;
    exchange.upstream = null;
    if (!exchange.responseStarted) exchange.endpoint!.inFlight--;
    upstream.close();
  }

  finished(exchange: Exchange): void {
    if (exchange.finished) return;
    exchange.finished = true;
    exchange.client.exchange = null;
    this.#deps.finished(exchange, this.now());
  }

  #send(exchange: Exchange): void {
    const endpoint = this.#pick(exchange);
    if (endpoint === null) exchange.client.answer(connectionLimitReached(exchange.host));
    else this.#sendTo(exchange, endpoint);
  }

  #pick(exchange: Exchange): Endpoint | null {
    const pool = exchange.pool!;
    const { inFlightMax } = this.limits;
    if (exchange.sticky !== "" && exchange.attempts === 0) {
      const own = pool.endpoints.find((endpoint) => endpoint.data.instanceId === exchange.sticky);
      if (own !== undefined && own.inFlight < inFlightMax) return own;
    }
    const startAt = pool.next < 0 ? this.#deps.random.below(pool.endpoints.length) : 0;
    return pickEndpoint(pool, inFlightMax, this.recentMs, startAt);
  }

  #sendTo(exchange: Exchange, endpoint: Endpoint): void {
    exchange.endpoint = endpoint;
    if (!exchange.mustDial) {
      exchange.attempts++;
      exchange.tried.push(endpoint);
    }
    endpoint.inFlight++;
    const idle = endpoint.idle as UpstreamConnection[];
    while (!exchange.mustDial && idle.length > 0) {
      const upstream = idle.pop()!;
      if (!upstream.isUsable(this.recentMs)) {
        upstream.close();
        continue;
      }
      exchange.upstream = upstream;
      upstream.start(exchange);
      return;
    }
    exchange.mustDial = false;
    exchange.upstream = new UpstreamConnection(endpoint, exchange, this);
  }

  #stickyCookie(exchange: Exchange): string | null {
    const { fields } = this.responseHead;
    const setCookies: string[] = [];
    for (let line = 0; line < fields.count; line++) {
      if (fields.ids[line] === Header.setCookie) setCookies.push(fields.value(line));
    }
    if (setCookies.length === 0 && exchange.sticky === "") return null;
    return stickyCookie(
      setCookies,
      this.#deps.stickyCookieNames,
      exchange.endpoint!.data.instanceId,
      exchange.sticky,
      exchange.pool!.contextPath,
      this.#deps.secureCookies,
    );
  }
}
