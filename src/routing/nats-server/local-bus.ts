import { BoundedQueue } from "../../kit/bounded-queue.ts";
import type { Log } from "../../kit/log.ts";
import type { Message, MessageBus, Subscription } from "../../kit/messages.ts";
import type { Random } from "../../kit/random.ts";
import type { Broker, Interest } from "./broker.ts";
import { isPublishSubject, isSubscribeSubject } from "./subject.ts";

/** Messages that may wait for handlers of this process: one burst of a whole routing table. */
const WAITING_MAX = 262_144;
/** Delivered in one go before other work of the process gets its turn. */
const BATCH = 1_024;

interface Waiting {
  readonly handler: Handler;
  readonly message: Message;
}

interface Handler {
  readonly call: (message: Message) => void;
  live: boolean;
}

/**
 * The bus as components of this process see it: the same subjects as clients on the wire, no sockets. `publish` only
 * queues; handlers run afterwards, one by one in order, and what one throws is logged and touches nobody else.
 */
export class LocalBus implements MessageBus {
  readonly #broker: Broker;
  readonly #random: Random;
  readonly #log: Log;
  readonly #payloadMax: number;
  readonly #waiting = new BoundedQueue<Waiting>(WAITING_MAX);
  #scheduled = false;
  #dropped = 0;

  constructor(broker: Broker, payloadMax: number, deps: { readonly random: Random; readonly log: Log }) {
    this.#broker = broker;
    this.#payloadMax = payloadMax;
    this.#random = deps.random;
    this.#log = deps.log;
  }

  publish(subject: string, data: Uint8Array | string, reply = ""): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    if (bytes.length > this.#payloadMax) throw new RangeError(`message of ${bytes.length} bytes on ${subject}`);
    if (!isPublishSubject(subject)) throw new TypeError(`not a subject to publish on: ${JSON.stringify(subject)}`);
    this.#broker.publish(subject, reply, null, bytes);
  }

  subscribe(
    subject: string,
    handler: (message: Message) => void,
    options: { readonly queue?: string } = {},
  ): Subscription {
    if (!isSubscribeSubject(subject)) throw new TypeError(`not a subject: ${JSON.stringify(subject)}`);
    const own: Handler = { call: handler, live: true };
    const interest: Interest = {
      subject,
      queue: options.queue ?? "",
      owner: own,
      deliver: (on, reply, _header, data) => this.#queue(own, { subject: on, data, reply }),
    };
    this.#broker.add(interest);
    return {
      unsubscribe: () => {
        own.live = false;
        this.#broker.remove(interest);
      },
    };
  }

  async request(subject: string, data: Uint8Array | string, signal: AbortSignal): Promise<Message> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const inbox = `_INBOX.${this.#random.guid()}`;
    const onAbort = (): void => reject(signal.reason);
    const subscription = this.subscribe(inbox, resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      this.publish(subject, data, inbox);
      return await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      subscription.unsubscribe();
    }
  }

  #queue(handler: Handler, message: Message): void {
    if (!this.#waiting.offer({ handler, message })) {
      if (this.#dropped++ === 0) this.#log.error("messages dropped: handlers too slow", { subject: message.subject });
      return;
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    for (let delivered = 0; delivered < BATCH; delivered++) {
      const next = this.#waiting.poll();
      if (next === undefined) {
        this.#scheduled = false;
        this.#dropped = 0;
        return;
      }
      if (!next.handler.live) continue;
      try {
        next.handler.call(next.message);
      } catch (error) {
        this.#log.error("message handler failed", { subject: next.message.subject, error });
      }
    }
    setImmediate(() => this.#deliver());
  }
}
