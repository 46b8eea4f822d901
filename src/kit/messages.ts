/** One message as NATS delivers it. */
export interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Subject to answer on; empty when no answer is wanted. */
  readonly reply: string;
}

export interface Subscription {
  /** Idempotent; no call of the handler after it. */
  unsubscribe(): void;
}

/** Publish and subscribe with NATS semantics: at most once, subject wildcards `*` and `>`. */
export interface MessageBus {
  /** Throws `RangeError` when `data` is over the server's max_payload (1 MiB). */
  publish(subject: string, data: Uint8Array | string, reply?: string): void;
  subscribe(subject: string, handler: (message: Message) => void, options?: { readonly queue?: string }): Subscription;
  /** First answer; rejects when the signal aborts. */
  request(subject: string, data: Uint8Array | string, signal: AbortSignal): Promise<Message>;
}
