import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet, RECURSION_AVAILABLE, RECURSION_DESIRED } from "dns-packet";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import { decideDnsAnswer } from "./answer.ts";
import type { DnsConfig, DnsListener } from "./config.ts";
import type { UpstreamServer } from "./resolv-conf.ts";
import { TcpFrames } from "./tcp-frames.ts";
import { Upstream } from "./upstream.ts";

export interface DnsDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The host's resolvers, asked for names that are not the platform's. */
  readonly upstreams: () => readonly UpstreamServer[];
  /** Addresses of a name below an internal domain; null when there is no such name. */
  readonly internalAddresses?: (name: string) => readonly string[] | null;
}

export interface RunningDns extends AsyncDisposable {
  /** Where it listens, in the order of the configuration, with the ports that were taken. */
  readonly listeners: readonly DnsListener[];
  /** Replaces the platform's domains: operators add and remove shared and private ones. */
  setDomains(domains: readonly string[]): void;
}

const RCODE = { formatError: 1, serverFailure: 2, noSuchName: 3, notImplemented: 4 } as const;
const HEADER_BYTES = 12;

/** Answers DNS questions over UDP and TCP. Resolves when all listeners are open; rejects with none left open. */
export async function startDns(config: DnsConfig, deps: DnsDeps): Promise<RunningDns> {
  const stop = new AbortController();
  const upstream = new Upstream({ inFlightMax: config.inFlightMax, timeoutMs: config.upstreamTimeoutMs }, deps);
  let { domains } = config;
  const open: { readonly close: () => Promise<void> }[] = [];
  const closeAll = async (): Promise<void> => {
    stop.abort(new Error("DNS server stops"));
    await Promise.all(open.splice(0).map(({ close }) => close())); // a second disposal finds nothing to close
  };

  const answer = async (query: Buffer, transport: "udp" | "tcp", platformAddress: string): Promise<Buffer | null> => {
    if (query.length < HEADER_BYTES || (query[2]! & 0x80) !== 0) return null; // no question: never answer answers
    let asked: Packet;
    try {
      asked = decode(query);
    } catch {
      return failure(query, RCODE.formatError);
    }
    const question = asked.questions?.[0];
    if ((query[2]! & 0x78) !== 0) return failure(query, RCODE.notImplemented);
    if (question === undefined || asked.questions!.length !== 1) return failure(query, RCODE.formatError);
    const decision = decideDnsAnswer(question.name, question.type, {
      domains,
      internalDomains: config.internalDomains,
      platformAddress,
      internalAddresses: deps.internalAddresses ?? (() => null),
    });
    if (decision.kind === "no-such-name") return failure(query, RCODE.noSuchName);
    if (decision.kind === "forward") {
      return (await upstream.ask(query, transport, stop.signal)) ?? failure(query, RCODE.serverFailure);
    }
    return encode({
      type: "response",
      id: asked.id ?? 0,
      flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | ((asked.flags ?? 0) & RECURSION_DESIRED),
      questions: [question],
      answers: decision.addresses.map((data) => ({ type: "A", name: question.name, ttl: config.ttlSeconds, data })),
    });
  };

  try {
    const listeners: DnsListener[] = [];
    for (const listener of config.listeners) {
      const reply = (query: Buffer, transport: "udp" | "tcp"): Promise<Buffer | null> =>
        answer(query, transport, listener.platformAddress).catch((error) => {
          deps.log.warn("DNS question failed", { error });
          return null;
        });
      const udp = await openUdp(listener, (query) => reply(query, "udp"), stop.signal);
      open.push({ close: () => closeUdp(udp) });
      const { port } = udp.address();
      const tcp = await openTcp({ ...listener, port }, config, (query) => reply(query, "tcp"));
      open.push({ close: () => closeTcp(tcp) });
      listeners.push({ ...listener, port });
    }
    return {
      listeners,
      setDomains: (changed) => {
        domains = changed;
      },
      [Symbol.asyncDispose]: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** The question with nothing but an error code. */
function failure(query: Buffer, rcode: number): Buffer {
  const answer = Buffer.from(query);
  answer[2] = 0x80 | (query[2]! & 0x79);
  answer[3] = 0x80 | rcode;
  answer.writeUInt32BE(0, 6); // no answers, no authorities
  answer.writeUInt16BE(0, 10); // what followed the question is cut off below
  let at = HEADER_BYTES;
  if (query.readUInt16BE(4) !== 1) {
    answer.writeUInt16BE(0, 4);
    return answer.subarray(0, HEADER_BYTES);
  }
  while (at < query.length && query[at] !== 0) at += query[at]! + 1;
  return answer.subarray(0, Math.min(at + 5, query.length));
}

async function openUdp(
  listener: DnsListener,
  reply: (query: Buffer) => Promise<Buffer | null>,
  stop: AbortSignal,
): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  socket.bind(listener.port, listener.address);
  await once(socket, "listening");
  socket.on("error", () => undefined); // an answer that cannot be sent (client gone) stops nobody
  socket.on("message", (query, from) => {
    void reply(query).then((message) => {
      if (message !== null && !stop.aborted) socket.send(message, from.port, from.address, () => undefined);
    });
  });
  return socket;
}

async function openTcp(
  listener: DnsListener,
  config: DnsConfig,
  reply: (query: Buffer) => Promise<Buffer | null>,
): Promise<{ readonly server: Server; readonly sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const frames = new TcpFrames();
    socket.setTimeout(config.tcpIdleMs, () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      // One after the other: a client that sends faster than we answer waits.
      socket.pause();
      void (async () => {
        for (const query of frames.take(chunk)) {
          const message = await reply(query);
          if (message === null || socket.destroyed) break;
          socket.write(TcpFrames.framed(message));
        }
        socket.resume();
      })();
    });
  });
  server.maxConnections = config.tcpConnectionsMax;
  server.listen(listener.port, listener.address);
  await once(server, "listening");
  return { server, sockets };
}

async function closeUdp(socket: UdpSocket): Promise<void> {
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

async function closeTcp(tcp: { readonly server: Server; readonly sockets: Set<Socket> }): Promise<void> {
  for (const socket of tcp.sockets) socket.destroy();
  await new Promise<void>((resolve) => tcp.server.close(() => resolve()));
}
