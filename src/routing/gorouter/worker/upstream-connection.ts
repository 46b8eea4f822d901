import type { Socket } from "node:net";
import type { Endpoint, IdleConnection } from "../endpoint.ts";
import { dialEndpoint } from "./dial-endpoint.ts";
import type { Exchange } from "./exchange.ts";
import { BodyReader } from "./http/body-reader.ts";
import { HeadCollector } from "./http/head-collector.ts";
import type { HttpProxy } from "./http-proxy.ts";
import { dialCause, tlsFailure, type UpstreamFailure } from "./upstream-failure.ts";

const DIALING = 0;
const IDLE = 1;
const HEAD = 2;
const BODY = 3;
const TUNNEL = 4;
const CLOSED = 5;

const READ_BYTES = 65_536;
/** Up to here one string is cheaper than two pieces. Node writes strings of up to 16 KiB without allocating. */
const ONE_WRITE_MAX = 12_288;
/** TLS would keep our buffer while it encrypts; copying a small piece costs less than a new buffer. */
const COPY_MAX = 16_384;
/** An endpoint that says how long it keeps a connection may close a little early; so do we. */
const KEEP_MARGIN_MS = 1_000;

/** One connection to an endpoint. Reads into its own buffer, again and again, and passes the bytes on from there. */
export class UpstreamConnection implements IdleConnection {
  readonly endpoint: Endpoint;
  readonly #proxy: HttpProxy;
  readonly #socket: Socket;
  readonly #collector = new HeadCollector();
  readonly #body = new BodyReader();
  #exchange: Exchange | null;
  #phase = DIALING;
  #buffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  /** A write that waits still uses the buffer: the next read needs another one. */
  #bufferTaken = false;
  /** It has served a request before: then a sudden close says nothing about the endpoint. */
  #used = false;
  #bytesRead = 0;
  #reusable = false;
  /** The client knows no chunks. */
  #dechunk = false;
  #keepAliveMs = 0;
  /** Steady milliseconds. While dialing: when to give up. While idle: until when it may be used again. */
  deadlineMs: number;

  constructor(endpoint: Endpoint, exchange: Exchange, proxy: HttpProxy) {
    this.endpoint = endpoint;
    this.#proxy = proxy;
    this.#exchange = exchange;
    this.deadlineMs = proxy.recentMs + proxy.limits.dialTimeoutMs;
    this.#socket = dialEndpoint(
      endpoint.data,
      { buffer: () => this.#nextBuffer(), callback: (count) => this.#onRead(count) },
      proxy.backendCa,
      () => this.#onConnect(),
    );
    this.#socket.on("drain", () => this.#exchange?.client.resume());
    this.#socket.on("end", () => this.#onEnd());
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#onError(error));
    this.#socket.on("close", () => this.#onClose());
    proxy.upstreams.add(this);
  }

  /** Where the next bytes go; asked for before each read. */
  #nextBuffer(): Buffer {
    if (this.#bufferTaken) {
      this.#bufferTaken = false;
      this.#buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    }
    return this.#buffer;
  }

  /** Whether an idle one may take a request. */
  isUsable(nowMs: number): boolean {
    return this.#phase === IDLE && nowMs < this.deadlineMs;
  }

  /** Sends a request over a connection that was idle. */
  start(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#send(exchange);
  }

  /** False: wait for the drain. */
  write(chunk: Buffer): boolean {
    return this.#phase === CLOSED || this.#socket.write(chunk);
  }

  end(): void {
    this.#socket.end();
  }

  resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** The exchange ended otherwise: nothing that still comes is wanted. */
  close(): void {
    if (this.#phase === IDLE) {
      const at = this.endpoint.idle.lastIndexOf(this);
      if (at >= 0) this.endpoint.idle.splice(at, 1);
    }
    this.#exchange = null;
    this.#phase = CLOSED;
    this.#socket.destroy();
  }

  /** About once a second. */
  checkTime(nowMs: number): void {
    if (nowMs < this.deadlineMs) return;
    if (this.#phase === IDLE) this.close();
    else if (this.#phase === DIALING) {
      this.#fail({ kind: "dial", answer: "unreachable", cause: `dial tcp ${this.endpoint.data.address}: i/o timeout` });
    }
  }

  #onConnect(): void {
    const exchange = this.#exchange;
    if (exchange === null) this.close();
    else this.#send(exchange);
  }

  #send(exchange: Exchange): void {
    this.#phase = HEAD;
    this.#bytesRead = 0;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    const head = `${exchange.forward}${this.endpoint.headerLines}\r\n`;
    const body = exchange.firstBody;
    let ready: boolean;
    if (body === null) ready = this.#socket.write(head, "latin1");
    else if (head.length + body.length <= ONE_WRITE_MAX) {
      ready = this.#socket.write(head + body.toString("latin1"), "latin1");
    } else {
      this.#socket.cork();
      this.#socket.write(head, "latin1");
      ready = this.#socket.write(body);
      this.#socket.uncork();
    }
    exchange.firstBody = null;
    if (!exchange.requestComplete) exchange.client.sendBody(ready);
  }

  #onRead(count: number): void {
    this.#bytesRead += count;
    const exchange = this.#exchange;
    if (exchange === null)
      this.close(); // an endpoint that speaks unasked is not to be trusted with a request
    else if (this.#phase === BODY) this.#onBody(exchange, this.#buffer, 0, count);
    else if (this.#phase === HEAD) this.#onHead(exchange, count);
    else if (this.#phase === TUNNEL) {
      exchange.bytesSent += count;
      this.#pass(exchange, this.#buffer, 0, count);
    }
  }

  #onHead(exchange: Exchange, count: number): void {
    const collector = this.#collector;
    let buffer: Buffer = this.#buffer;
    let start = 0;
    let end = count;
    for (;;) {
      const result = collector.push(buffer, start, end, this.#proxy.limits.responseHeadBytesMax);
      if (result === "partial") return;
      const text =
        result === "complete" ? collector.buffer.toString("latin1", collector.headStart, collector.headEnd) : null;
      const response = this.#proxy.responseHead;
      if (text === null || !response.parse(text, exchange.method) || (response.status === 101 && !exchange.upgrade)) {
        const cause = "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
        this.#fail({ kind: "invalid", answer: "unreachable", cause });
        return;
      }
      ({ buffer, end } = collector);
      start = collector.headEnd;
      if (response.status >= 200 || response.status === 101) break;
      if (!exchange.oldClient) exchange.client.socket.write(text, "latin1");
      if (start === end) return;
    }
    this.#begin(exchange, buffer, start, end);
  }

  #begin(exchange: Exchange, buffer: Buffer, start: number, end: number): void {
    const response = this.#proxy.responseHead;
    const client = exchange.client.socket;
    this.#reusable = response.keepAlive && !exchange.upgrade;
    this.#keepAliveMs = response.keepAliveMs;
    const dechunk = exchange.oldClient && response.framing === "chunked";
    this.#dechunk = dechunk;
    if (dechunk || response.framing === "until-close") exchange.keepAlive = false;
    const head = this.#proxy.answered(exchange, dechunk);
    this.#body.reset(response.framing, response.contentLength);
    if (response.status === 101) {
      this.#phase = TUNNEL;
      exchange.deadlineMs = Number.POSITIVE_INFINITY;
      client.write(head, "latin1");
      exchange.client.openTunnel();
      if (end > start) this.#pass(exchange, buffer, start, end);
      return;
    }
    this.#phase = BODY;
    if (dechunk) {
      client.write(head, "latin1");
      this.#onBody(exchange, buffer, start, end);
      return;
    }
    const bodyEnd = this.#body.consume(buffer, start, end);
    let ready: boolean;
    if (head.length + bodyEnd - start <= ONE_WRITE_MAX) {
      ready = client.write(bodyEnd === start ? head : head + buffer.toString("latin1", start, bodyEnd), "latin1");
    } else {
      client.cork();
      client.write(head, "latin1");
      ready = client.write(buffer.subarray(start, bodyEnd));
      client.uncork();
      if (client.writableLength > 0 && buffer === this.#buffer) this.#bufferTaken = true;
    }
    if (!ready) this.#socket.pause();
    this.#afterBody(exchange, bodyEnd, end);
  }

  #onBody(exchange: Exchange, buffer: Buffer, start: number, end: number): void {
    const client = exchange.client.socket;
    let bodyEnd: number;
    if (this.#dechunk) {
      bodyEnd = this.#body.consume(buffer, start, end, (from, at, to) => {
        if (!client.write(Buffer.from(from.subarray(at, to)))) this.#socket.pause();
      });
    } else {
      bodyEnd = this.#body.consume(buffer, start, end);
      if (bodyEnd > start) this.#pass(exchange, buffer, start, bodyEnd);
    }
    this.#afterBody(exchange, bodyEnd, end);
  }

  #afterBody(exchange: Exchange, bodyEnd: number, end: number): void {
    exchange.bytesSent = this.#body.payloadBytes;
    if (this.#body.failed) {
      this.#proxy.broken(exchange);
    } else if (this.#body.done) {
      this.#reusable &&= bodyEnd === end && exchange.requestComplete;
      this.#release(exchange);
    }
  }

  /** The answer is complete: keep the connection for the next request if it is fit for one. */
  #release(exchange: Exchange): void {
    this.#exchange = null;
    const { idle, routes } = this.endpoint;
    if (this.#reusable && routes > 0 && idle.length < this.#proxy.limits.idlePerEndpointMax) {
      const { idleUpstreamMs } = this.#proxy.limits;
      const keepMs =
        this.#keepAliveMs === 0 ? idleUpstreamMs : Math.min(idleUpstreamMs, this.#keepAliveMs - KEEP_MARGIN_MS);
      if (keepMs > 0) {
        this.#phase = IDLE;
        this.#used = true;
        this.deadlineMs = this.#proxy.recentMs + keepMs;
        this.resume();
        idle.push(this);
      } else this.close();
    } else this.close();
    this.#proxy.completed(exchange);
  }

  /** Hands bytes to the client from where they were read. */
  #pass(exchange: Exchange, buffer: Buffer, start: number, end: number): void {
    const { socket, secure } = exchange.client;
    const view = buffer.subarray(start, end);
    const ready = socket.write(secure && end - start <= COPY_MAX ? Buffer.from(view) : view);
    if (socket.writableLength > 0 && buffer === this.#buffer) this.#bufferTaken = true;
    if (!ready) this.#socket.pause();
  }

  #onEnd(): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      this.close();
    } else if (this.#phase === TUNNEL) this.#proxy.tunnelEnded(exchange);
    else if (this.#phase === BODY && this.#body.framing === "until-close") {
      this.#reusable = false;
      this.#release(exchange);
    } else this.#lost("closed", "EOF");
  }

  #onError(error: NodeJS.ErrnoException): void {
    const { address } = this.endpoint.data;
    if (this.#phase !== DIALING) {
      this.#lost("reset", `read tcp ${address}: read: connection reset by peer`);
    } else if (this.endpoint.data.tls && error.syscall !== "connect") {
      this.#fail({ kind: "tls", answer: tlsFailure(error), cause: error.code ?? error.message });
    } else this.#fail({ kind: "dial", answer: "unreachable", cause: `dial tcp ${address}: ${dialCause(error)}` });
  }

  #onClose(): void {
    this.#proxy.upstreams.delete(this);
    if (this.#exchange !== null) this.#onEnd();
    else this.close();
  }

  #lost(kind: "closed" | "reset", cause: string): void {
    const exchange = this.#exchange;
    if (exchange === null) {
      this.close();
    } else if (exchange.responseStarted) this.#proxy.broken(exchange);
    else this.#fail({ kind, answer: "unreachable", cause });
  }

  #fail(failure: UpstreamFailure): void {
    const exchange = this.#exchange;
    const stale = this.#used && this.#bytesRead === 0;
    this.close();
    if (exchange !== null) this.#proxy.failed(exchange, failure, stale);
  }
}
