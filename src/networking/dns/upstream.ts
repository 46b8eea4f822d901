import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { Clock } from "../../kit/clock.ts";
import type { Random } from "../../kit/random.ts";
import type { UpstreamServer } from "./resolv-conf.ts";
import { TcpFrames } from "./tcp-frames.ts";

export interface UpstreamDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** The host's resolvers, in the order of asking. */
  readonly upstreams: () => readonly UpstreamServer[];
}

/** Rounds over all servers. resolv.conf(5): attempts */
const ROUNDS = 2;
const HEADER_BYTES = 12;

/**
 * Hands a question on as it is, under another id from another port each time, and gives the answer as it is. Null when
 * nobody answers in time. An answer counts only when it comes from the server that was asked, with that id and that
 * very question in it: who guesses one of them still cannot poison us.
 */
export class Upstream {
  readonly #limits: { readonly inFlightMax: number; readonly timeoutMs: number };
  readonly #deps: UpstreamDeps;
  #inFlight = 0;

  constructor(limits: { readonly inFlightMax: number; readonly timeoutMs: number }, deps: UpstreamDeps) {
    this.#limits = limits;
    this.#deps = deps;
  }

  /** At once null when too many questions wait already. */
  async ask(query: Buffer, transport: "udp" | "tcp", signal: AbortSignal): Promise<Buffer | null> {
    if (this.#inFlight >= this.#limits.inFlightMax) return null;
    this.#inFlight++;
    try {
      const servers = this.#deps.upstreams();
      for (let round = 0; round < ROUNDS; round++) {
        for (const server of servers) {
          if (signal.aborted) return null;
          const id = this.#deps.random.below(65_536);
          const question = Buffer.from(query);
          question.writeUInt16BE(id, 0);
          const limit = this.#deps.clock.deadline(this.#limits.timeoutMs, signal);
          const exchange = transport === "udp" ? exchangeUdp : exchangeTcp;
          const answer = await exchange(question, server, limit).catch(() => null);
          if (answer === null) continue;
          answer.writeUInt16BE(query.readUInt16BE(0), 0);
          return answer;
        }
      }
      return null;
    } finally {
      this.#inFlight--;
    }
  }
}

function exchangeUdp(query: Buffer, server: UpstreamServer, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(server.address.includes(":") ? "udp6" : "udp4");
    let ended = false;
    const end = (): void => {
      signal.removeEventListener("abort", late);
      if (!ended) socket.close();
      ended = true;
    };
    const late = (): void => {
      end();
      reject(signal.reason);
    };
    signal.addEventListener("abort", late, { once: true });
    socket.on("error", (error) => {
      end();
      reject(error);
    });
    socket.on("message", (message, from) => {
      if (from.address !== server.address || from.port !== server.port || !answers(message, query)) return;
      end();
      resolve(message);
    });
    socket.send(query, server.port, server.address);
  });
}

function exchangeTcp(query: Buffer, server: UpstreamServer, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.port });
    const frames = new TcpFrames();
    const end = (): void => {
      signal.removeEventListener("abort", late);
      socket.destroy();
    };
    const late = (): void => {
      end();
      reject(signal.reason);
    };
    signal.addEventListener("abort", late, { once: true });
    socket.on("connect", () => socket.write(TcpFrames.framed(query)));
    socket.on("data", (chunk: Buffer) => {
      for (const message of frames.take(chunk)) {
        if (!answers(message, query)) continue;
        end();
        resolve(message);
        return;
      }
    });
    const failed = (error?: Error): void => {
      end();
      reject(error ?? new Error("connection closed"));
    };
    socket.on("error", failed);
    socket.on("close", () => failed());
  });
}

/** Same id, a response, and the same question: its bytes up to the end of the first entry, names compared as sent. */
function answers(message: Buffer, query: Buffer): boolean {
  if (message.length < HEADER_BYTES || message.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  if ((message[2]! & 0x80) === 0) return false;
  // Errors may come without the question.
  if (message.readUInt16BE(4) === 0) return (message[3]! & 0x0f) !== 0;
  const end = endOfQuestion(query);
  if (end === null || message.length < end) return false;
  const sameText = (from: Buffer): string => from.toString("latin1", HEADER_BYTES, end).toLowerCase();
  return sameText(message) === sameText(query);
}

function endOfQuestion(query: Buffer): number | null {
  let at = HEADER_BYTES;
  while (at < query.length) {
    const length = query[at]!;
    if (length === 0) return at + 5 <= query.length ? at + 5 : null;
    if (length > 63) return null; // a question has nothing before it to point to
    at += length + 1;
  }
  return null;
}
