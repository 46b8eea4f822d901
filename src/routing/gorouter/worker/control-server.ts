import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { encodeLine, type MainMessage, MessageReader, type WorkerMessage } from "../control-protocol.ts";

/** Bytes that may wait for a main process that does not read; then it is cut off and may come again. */
const PENDING_MAX = 32 * 1_048_576;

/** The worker's socket for main. One main at a time: a new one takes the place of the old. */
export class ControlServer {
  readonly #path: string;
  readonly #server: Server;
  readonly #onMain: (say: (message: WorkerMessage) => void) => void;
  readonly #onMessage: (message: MainMessage) => void;
  #main: Socket | null = null;

  constructor(
    path: string,
    onMain: (say: (message: WorkerMessage) => void) => void,
    onMessage: (message: MainMessage) => void,
  ) {
    this.#path = path;
    this.#onMain = onMain;
    this.#onMessage = onMessage;
    this.#server = createServer((socket) => this.#greet(socket));
  }

  /** Takes over the path; whoever listened there before is found dead by main first. */
  async listen(): Promise<void> {
    rmSync(this.#path, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(this.#path, resolve);
    await promise;
  }

  get hasMain(): boolean {
    return this.#main !== null;
  }

  /** False when nobody is there, or he is too far behind. @param raw what the message's `bytes` announces. */
  send(message: WorkerMessage, raw?: Buffer): boolean {
    const main = this.#main;
    if (main === null) return false;
    if (main.writableLength > PENDING_MAX) {
      main.destroy();
      return false;
    }
    main.write(encodeLine(message));
    if (raw !== undefined) main.write(raw);
    return true;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.#main !== null) {
      const main = this.#main;
      await new Promise<void>((resolve) => main.end(resolve));
      main.destroy();
    }
    await closed;
  }

  #greet(socket: Socket): void {
    this.#main?.destroy();
    this.#main = socket;
    const reader = new MessageReader();
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const { message } of reader.feed(chunk)) this.#onMessage(message as MainMessage);
      } catch {
        socket.destroy(); // not our main; the real one comes again
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#main === socket) this.#main = null;
    });
    this.#onMain((message) => void this.send(message));
  }
}
