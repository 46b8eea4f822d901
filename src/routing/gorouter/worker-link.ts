import { connect, type Socket } from "node:net";
import {
  CONTROL_PROTOCOL,
  encodeLine,
  type ListenerStatus,
  type ListenFailure,
  type LogBatch,
  type MainMessage,
  MessageReader,
  type WorkerMessage,
  type WorkerStats,
} from "./control-protocol.ts";
import type { RouteGroup } from "./model.ts";

/** Bytes that may wait for a worker that does not read: then it hangs. */
const PENDING_MAX = 64 * 1_048_576;

export type Hello = Extract<WorkerMessage, { type: "hello" }>;

export interface WorkerLinkEvents {
  /** The worker has noticed a gap in the numbers. */
  onWantSnapshot(link: WorkerLink): void;
  onLogs(batch: LogBatch, records: Buffer): void;
}

/** Main's end of one worker's control socket. */
export class WorkerLink {
  readonly hello: Hello;
  /** Resolves when the connection is over: the worker ended, hung up, or spoke nonsense. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #events: WorkerLinkEvents;
  readonly #listening = Promise.withResolvers<readonly ListenerStatus[] | ListenFailure>();
  #table: { groups: RouteGroup[]; done: PromiseWithResolvers<RouteGroup[]> } | null = null;
  #stats = Promise.withResolvers<WorkerStats>();

  private constructor(socket: Socket, hello: Hello, reader: MessageReader, events: WorkerLinkEvents) {
    this.#socket = socket;
    this.hello = hello;
    this.#events = events;
    const over = Promise.withResolvers<void>();
    this.closed = over.promise;
    socket.on("close", () => over.resolve());
    socket.on("data", (chunk: Buffer) => this.#onData(reader, chunk));
  }

  /** Null when nobody answers there within the signal's time. */
  static async open(path: string, events: WorkerLinkEvents, signal: AbortSignal): Promise<WorkerLink | null> {
    const socket = connect(path);
    const reader = new MessageReader();
    const { promise, resolve } = Promise.withResolvers<WorkerLink | null>();
    const giveUp = (): void => {
      socket.destroy();
      resolve(null);
    };
    socket.on("error", giveUp);
    socket.on("close", giveUp);
    signal.addEventListener("abort", giveUp, { once: true });
    const onFirst = (chunk: Buffer): void => {
      let link: WorkerLink | null = null;
      try {
        for (const { message, raw } of reader.feed(chunk)) {
          if (link !== null) link.#perform(message as WorkerMessage, raw);
          else if ((message as WorkerMessage).type === "hello")
            link = new WorkerLink(socket, message as Hello, reader, events);
        }
      } catch {
        giveUp();
      }
      if (link === null) return;
      socket.removeListener("data", onFirst);
      resolve(link);
    };
    socket.on("connect", () => socket.write(encodeLine({ type: "hello", protocol: CONTROL_PROTOCOL })));
    socket.on("data", onFirst);
    const link = await promise;
    signal.removeEventListener("abort", giveUp);
    return link;
  }

  /** What it listens on, or why it cannot (no port and no code: it ended, or said nothing in the signal's time). */
  listening(signal: AbortSignal): Promise<readonly ListenerStatus[] | ListenFailure> {
    const none = { host: "", port: 0, code: "" };
    return Promise.race([
      this.#listening.promise,
      this.closed.then(() => ({ ...none, message: "the worker ended" })),
      aborted(signal).then(() => ({ ...none, message: "the worker does not answer" })),
    ]);
  }

  send(message: MainMessage): void {
    if (this.#socket.writableLength > PENDING_MAX) this.#socket.destroy();
    else if (!this.#socket.destroyed) this.#socket.write(encodeLine(message));
  }

  /** The table it serves with; what there is of it when the connection ends early. */
  async table(): Promise<readonly RouteGroup[]> {
    this.#table ??= { groups: [], done: Promise.withResolvers() };
    const { groups, done } = this.#table;
    this.send({ type: "get-table" });
    return await Promise.race([done.promise, this.closed.then(() => groups)]);
  }

  /** Null when it does not answer in the signal's time. */
  async stats(signal: AbortSignal): Promise<WorkerStats | null> {
    this.send({ type: "get-stats" });
    return await Promise.race([this.#stats.promise, this.closed.then(() => null), aborted(signal).then(() => null)]);
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(reader: MessageReader, chunk: Buffer): void {
    try {
      for (const { message, raw } of reader.feed(chunk)) this.#perform(message as WorkerMessage, raw);
    } catch {
      this.#socket.destroy();
    }
  }

  #perform(message: WorkerMessage, raw: Buffer): void {
    switch (message.type) {
      case "listening":
        this.#listening.resolve(message.listeners);
        break;
      case "listen-failed":
        this.#listening.resolve(message.failure);
        break;
      case "table":
        this.#table?.groups.push(...message.groups);
        if (message.last && this.#table !== null) {
          this.#table.done.resolve(this.#table.groups);
          this.#table = null;
        }
        break;
      case "want-snapshot":
        this.#events.onWantSnapshot(this);
        break;
      case "stats":
        this.#stats.resolve(message.stats);
        this.#stats = Promise.withResolvers();
        break;
      case "logs":
        this.#events.onLogs(message, raw);
        break;
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
