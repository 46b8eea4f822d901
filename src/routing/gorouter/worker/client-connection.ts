import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";
import { BodyReader } from "./http/body-reader.ts";
import { HeadCollector } from "./http/head-collector.ts";
import type { HttpProxy } from "./http-proxy.ts";
import { MALFORMED, type RouterError, renderRouterError, TOO_LARGE, UNSUPPORTED_ENCODING } from "./router-error.ts";

const HEAD = 0;
const BODY = 1;
/** The request is complete, or no endpoint takes it yet: bytes that come now are kept for later. */
const WAITING = 2;
const TUNNEL = 3;
/** All is said; what still comes is thrown away until the client has closed too. */
const CLOSING = 4;

/** Bytes that are kept for later before the client is made to wait. */
const HELD_MAX = 65_536;
/** How long a client that has just connected may take to send its request while the worker drains. */
const DRAIN_GRACE_MS = 1_000;
/** How long a client may take to close after we have. */
const LINGER_MS = 5_000;

/** One client's connection: cuts it into requests, one exchange at a time. */
export class ClientConnection {
  readonly socket: Socket;
  readonly secure: boolean;
  readonly remoteIp: string;
  readonly remoteAddress: string;
  readonly #proxy: HttpProxy;
  readonly #collector = new HeadCollector();
  readonly body = new BodyReader();
  exchange: Exchange | null = null;
  #phase = HEAD;
  /** Bytes behind the current request. */
  #held: Buffer | null = null;
  #advancing = false;
  #served = false;
  /** Steady milliseconds since which we wait for what the phase waits for. */
  #sinceMs: number;

  constructor(socket: Socket, secure: boolean, proxy: HttpProxy) {
    this.socket = socket;
    this.secure = secure;
    this.#proxy = proxy;
    this.#sinceMs = proxy.now();
    const ip = socket.remoteAddress ?? "";
    this.remoteIp = ip.startsWith("::ffff:") ? ip.slice(7) : ip;
    this.remoteAddress = this.remoteIp.includes(":")
      ? `[${this.remoteIp}]:${socket.remotePort}`
      : `${this.remoteIp}:${socket.remotePort}`;
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("drain", () => this.exchange?.upstream?.resume());
    socket.on("end", () => this.#onEnd());
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => this.#onClose());
  }

  /** Between two requests. One that has not had its first yet is not: that is surely on its way. */
  get idle(): boolean {
    return this.#phase === HEAD && this.#served && this.#collector.keptBytes === 0;
  }

  /** The endpoint takes the request now: let the rest of its body come. @param ready false: after the next drain. */
  sendBody(ready: boolean): void {
    if (this.#phase !== WAITING || this.exchange === null || this.exchange.requestComplete) return;
    this.#phase = BODY;
    const held = this.#held;
    this.#held = null;
    if (!ready) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
    if (held !== null) this.#onBody(held);
  }

  resume(): void {
    if (this.#phase === BODY || this.#phase === TUNNEL) this.socket.resume();
  }

  /** The protocol has changed: from now on bytes go through as they come. */
  openTunnel(): void {
    this.#phase = TUNNEL;
    const held = this.#held;
    this.#held = null;
    if (held !== null && this.exchange?.upstream?.write(held) === false) return;
    this.socket.resume();
  }

  /** Answers by itself; ends the exchange of the moment. */
  answer(error: RouterError): void {
    const { exchange } = this;
    const close = exchange === null || !exchange.requestComplete || !exchange.keepAlive || this.#proxy.draining;
    if (exchange !== null) {
      exchange.status = error.status;
      exchange.routerError = error.code;
      exchange.responseStarted = true;
      exchange.bytesSent = exchange.method === "HEAD" ? 0 : error.body.length;
    }
    this.socket.write(renderRouterError(error, close, exchange?.method === "HEAD", this.#proxy.httpDate()), "latin1");
    if (exchange !== null) this.#proxy.finished(exchange);
    this.next(!close);
  }

  /** The exchange is over. @param keep whether another may follow. */
  next(keep: boolean): void {
    this.exchange = null;
    if (!keep || this.#proxy.draining) {
      this.close();
      return;
    }
    this.#phase = HEAD;
    this.#sinceMs = this.#proxy.recentMs;
    this.#advance();
  }

  /** Sends what is queued, says good-bye, and does not wait long for the client to do the same. */
  close(): void {
    if (this.#phase === CLOSING) return;
    this.#phase = CLOSING;
    this.#held = null;
    this.#sinceMs = this.#proxy.recentMs;
    this.socket.end();
    this.socket.resume(); // unread bytes would turn the close into a reset and take the answer with it
  }

  /** About once a second. */
  checkTime(nowMs: number): void {
    const waitedMs = nowMs - this.#sinceMs;
    const { limits } = this.#proxy;
    if (this.#phase === CLOSING) {
      if (waitedMs > LINGER_MS) this.socket.destroy();
    } else if (this.#phase === HEAD) {
      let limitMs = this.#collector.keptBytes > 0 ? limits.headTimeoutMs : limits.idleTimeoutMs;
      if (this.#proxy.draining) limitMs = Math.min(limitMs, DRAIN_GRACE_MS);
      if (waitedMs > limitMs) this.close();
    } else if (this.exchange !== null && nowMs > this.exchange.deadlineMs) {
      this.#proxy.timedOut(this.exchange);
    }
  }

  #onData(chunk: Buffer): void {
    if (this.#phase === HEAD) {
      this.#held = chunk;
      this.#advance();
    } else if (this.#phase === BODY) this.#onBody(chunk);
    else if (this.#phase === TUNNEL) {
      const { exchange } = this;
      if (exchange === null) return;
      exchange.bytesReceived += chunk.length;
      if (exchange.upstream?.write(chunk) === false) this.socket.pause();
    } else if (this.#phase === WAITING) {
      // Reading on tells whether the client is still there; but not without end.
      this.#held = this.#held === null ? chunk : Buffer.concat([this.#held, chunk]);
      if (this.#held.length > HELD_MAX) this.socket.pause();
    }
  }

  /** Request after request, in a loop: a thousand pipelined ones must not nest a thousand calls. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#held !== null && this.#phase === HEAD) {
      if (this.socket.writableNeedDrain) {
        // A client that sends without reading gets no further request done until it reads.
        this.socket.pause();
        this.socket.once("drain", () => this.#advance());
        break;
      }
      const chunk = this.#held;
      this.#held = null;
      this.#readHead(chunk);
    }
    this.#advancing = false;
    if (this.#phase === HEAD && this.#held === null && this.socket.isPaused()) this.socket.resume();
  }

  #readHead(chunk: Buffer): void {
    const collector = this.#collector;
    const nowMs = this.#proxy.now();
    if (collector.keptBytes === 0) this.#sinceMs = nowMs;
    const result = collector.push(chunk, 0, chunk.length, this.#proxy.limits.headBytesMax);
    if (result === "partial") return;
    if (result !== "complete") {
      this.answer(result === "too-large" ? TOO_LARGE : MALFORMED);
      return;
    }
    const request = this.#proxy.requestHead;
    const verdict = request.parse(collector.buffer.toString("latin1", collector.headStart, collector.headEnd));
    if (verdict === "unsupported-version") {
      this.socket.write("HTTP/1.0 400 Bad Request\r\n\r\n");
      this.close();
    } else if (verdict === "too-large") this.answer(TOO_LARGE);
    else if (verdict === "unsupported-encoding") this.answer(UNSUPPORTED_ENCODING);
    else if (verdict !== "ok") this.answer(MALFORMED);
    else this.#begin();
  }

  #begin(): void {
    const { buffer, headEnd, end } = this.#collector;
    const request = this.#proxy.requestHead;
    const exchange = this.#proxy.exchange(this);
    this.exchange = exchange;
    this.#served = true;
    this.#phase = WAITING;
    this.body.reset(request.framing, request.contentLength);
    const bodyEnd = this.body.consume(buffer, headEnd, end);
    if (this.body.failed) {
      this.answer(MALFORMED);
      return;
    }
    exchange.requestComplete = this.body.done;
    exchange.bytesReceived = this.body.payloadBytes;
    if (bodyEnd > headEnd) exchange.firstBody = buffer.subarray(headEnd, bodyEnd);
    if (bodyEnd < end) this.#held = buffer.subarray(bodyEnd, end);
    this.#proxy.route(exchange);
  }

  #onBody(chunk: Buffer): void {
    const { exchange } = this;
    if (exchange === null) return;
    const end = this.body.consume(chunk, 0, chunk.length);
    exchange.bytesReceived = this.body.payloadBytes;
    if (this.body.failed) {
      this.#proxy.abandon(exchange);
      if (exchange.responseStarted) this.socket.destroy();
      else this.answer(MALFORMED);
      return;
    }
    if (this.body.done) {
      exchange.requestComplete = true;
      this.#phase = WAITING;
      if (end < chunk.length) this.#held = chunk.subarray(end);
    }
    const ready = end === 0 || exchange.upstream?.write(end === chunk.length ? chunk : chunk.subarray(0, end));
    if (ready === false && !this.body.done) this.socket.pause();
  }

  #onEnd(): void {
    if (this.#phase === TUNNEL)
      this.exchange?.upstream?.end(); // its own end ends the tunnel
    else if (this.exchange !== null) this.#proxy.clientGone(this.exchange);
  }

  #onClose(): void {
    this.#phase = CLOSING;
    this.#held = null;
    this.#collector.drop();
    if (this.exchange !== null) this.#proxy.clientGone(this.exchange);
    this.#proxy.closed(this);
  }
}
