import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import type { Log } from "../../kit/log.ts";
import type { Broker, Interest } from "./broker.ts";
import type { NatsAuth, NatsLimits } from "./config.ts";
import { type ClientOperation, NatsParser, NatsProtocolError } from "./protocol-parser.ts";
import { isPublishSubject, isSubscribeSubject } from "./subject.ts";

/** NATS has no limit; ours keeps one client from filling the process. */
const SUBSCRIPTIONS_MAX = 65_536;
/** Unanswered PINGs before the connection is stale. NATS: ping_max. */
const PINGS_OUT_MAX = 2;
const NO_RESPONDERS = Buffer.from("NATS/1.0 503\r\n\r\n");
const NO_DATA = new Uint8Array(0);

interface Sub {
  readonly interest: Interest;
  delivered: number;
  /** Ends by itself after so many messages; 0: never. */
  max: number;
}

export interface ConnectionDeps {
  readonly broker: Broker;
  readonly log: Log;
  readonly limits: NatsLimits;
  readonly auth: NatsAuth | undefined;
}

/** One client on the wire. */
export class NatsConnection {
  readonly #socket: Socket;
  readonly #deps: ConnectionDeps;
  readonly #parser: NatsParser;
  readonly #subs = new Map<string, Sub>();
  readonly #openedMs: number;
  #connected = false;
  #verbose = false;
  #echo = true;
  #headers = false;
  #noResponders = false;
  #pingsOut = 0;
  #corked = false;
  #closed = false;

  constructor(
    socket: Socket,
    info: object,
    nowMs: number,
    deps: ConnectionDeps,
    onClose: (self: NatsConnection) => void,
  ) {
    this.#socket = socket;
    this.#deps = deps;
    this.#parser = new NatsParser(deps.limits.payloadMax);
    this.#openedMs = nowMs;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => {
      this.#closed = true;
      for (const sub of this.#subs.values()) deps.broker.remove(sub.interest);
      this.#subs.clear();
      onClose(this);
    });
    this.#send(`INFO ${JSON.stringify(info)}\r\n`);
  }

  /** Called once every ping interval. */
  ping(): void {
    if (!this.#connected) return;
    if (this.#pingsOut < PINGS_OUT_MAX) {
      this.#pingsOut++;
      this.#send("PING\r\n");
    } else this.fail("Stale Connection");
  }

  /** Called about each second: whoever does not present himself in time must go. */
  checkPresented(nowMs: number): void {
    if (!this.#connected && nowMs - this.#openedMs > this.#deps.limits.connectTimeoutMs) {
      this.fail("Authentication Timeout");
    }
  }

  /** Says why, then closes. */
  fail(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.end(`-ERR '${reason}'\r\n`);
    this.#socket.destroySoon();
  }

  #onData(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      for (const operation of this.#parser.feed(chunk)) {
        this.#perform(operation);
        if (this.#closed) return;
      }
    } catch (error) {
      if (!(error instanceof NatsProtocolError)) throw error;
      this.fail(error.message);
    }
  }

  #perform(operation: ClientOperation): void {
    if (operation.op === "CONNECT") this.#connect(operation.options);
    else if (!this.#connected && this.#deps.auth !== undefined) this.fail("Authorization Violation");
    else {
      this.#connected = true; // without credentials to check, CONNECT is a courtesy
      if (operation.op === "PUB") this.#publish(operation);
      else if (operation.op === "SUB") this.#subscribe(operation.subject, operation.queue, operation.sid);
      else if (operation.op === "UNSUB") this.#unsubscribe(operation.sid, operation.max);
      else if (operation.op === "PING") this.#send("PONG\r\n");
      else this.#pingsOut = 0;
    }
  }

  #connect(options: Readonly<Record<string, unknown>>): void {
    if (!isAuthorized(this.#deps.auth, options)) {
      this.fail("Authorization Violation");
      return;
    }
    this.#connected = true;
    this.#verbose = options["verbose"] === true;
    this.#echo = options["echo"] !== false;
    this.#headers = options["headers"] === true;
    this.#noResponders = this.#headers && options["no_responders"] === true;
    this.#ok();
  }

  #subscribe(subject: string, queue: string, sid: string): void {
    const refusal = !isSubscribeSubject(subject)
      ? "Invalid Subject"
      : this.#subs.size >= SUBSCRIPTIONS_MAX
        ? "maximum subscriptions exceeded"
        : null;
    if (refusal !== null) {
      this.#send(`-ERR '${refusal}'\r\n`);
      return;
    }
    if (!this.#subs.has(sid)) {
      const sub: Sub = {
        interest: {
          subject,
          queue,
          owner: this,
          deliver: (on, reply, header, data) => this.#deliver(sid, sub, on, reply, header, data),
        },
        delivered: 0,
        max: 0,
      };
      this.#subs.set(sid, sub);
      this.#deps.broker.add(sub.interest);
    }
    this.#ok();
  }

  #unsubscribe(sid: string, max: number): void {
    const sub = this.#subs.get(sid);
    if (sub !== undefined) {
      sub.max = max;
      if (max === 0 || sub.delivered >= max) this.#drop(sid, sub);
    }
    this.#ok();
  }

  #drop(sid: string, sub: Sub): void {
    this.#subs.delete(sid);
    this.#deps.broker.remove(sub.interest);
  }

  #publish(message: Extract<ClientOperation, { op: "PUB" }>): void {
    if (!isPublishSubject(message.subject)) {
      this.#send("-ERR 'Invalid Publish Subject'\r\n");
      return;
    }
    // Receivers in this process keep the payload longer than the chunk lives.
    const data = Buffer.from(message.data);
    const header = message.header === null ? null : Buffer.from(message.header);
    const except = this.#echo ? undefined : this;
    const receivers = this.#deps.broker.publish(message.subject, message.reply, header, data, except);
    this.#ok();
    if (receivers === 0 && this.#noResponders && message.reply !== "") {
      this.#deps.broker.publish(message.reply, "", NO_RESPONDERS, NO_DATA);
    }
  }

  #deliver(sid: string, sub: Sub, subject: string, reply: string, header: Uint8Array | null, data: Uint8Array): void {
    if (this.#closed) return;
    sub.delivered++;
    if (sub.max > 0 && sub.delivered >= sub.max) this.#drop(sid, sub);
    const to = reply === "" ? `${subject} ${sid}` : `${subject} ${sid} ${reply}`;
    this.#cork();
    if (header !== null && this.#headers) {
      this.#socket.write(`HMSG ${to} ${header.length} ${header.length + data.length}\r\n`);
      this.#socket.write(header);
    } else {
      this.#socket.write(`MSG ${to} ${data.length}\r\n`);
    }
    this.#socket.write(data);
    this.#socket.write("\r\n");
    if (this.#socket.writableLength > this.#deps.limits.pendingMax) {
      this.#deps.log.warn("slow consumer cut off", { pendingBytes: this.#socket.writableLength });
      this.#closed = true;
      this.#socket.destroy(); // nothing more fits through; saying why would only queue up behind
    }
  }

  #ok(): void {
    if (this.#verbose) this.#send("+OK\r\n");
  }

  #send(text: string): void {
    if (this.#closed) return;
    this.#cork();
    this.#socket.write(text);
  }

  /** One system call for everything that this turn of the event loop sends. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }
}

function isAuthorized(auth: NatsAuth | undefined, options: Readonly<Record<string, unknown>>): boolean {
  if (auth === undefined) return true;
  if ("token" in auth) return sameSecret(auth.token, options["auth_token"]);
  const user = sameSecret(auth.user, options["user"]);
  return sameSecret(auth.password, options["pass"]) && user;
}

function sameSecret(wanted: string, given: unknown): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return typeof given === "string" && timingSafeEqual(digest(wanted), digest(given));
}
