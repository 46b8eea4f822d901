import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, createServer, type Server as NetServer, type Socket } from "node:net";
import { systemClock } from "../../../kit/clock-system.ts";
import { systemRandom } from "../../../kit/random-system.ts";
import type { RouteEndpoint } from "../model.ts";
import { RouteTable } from "../route-table.ts";
import { accessLogLine } from "./access-log-line.ts";
import { HttpProxy, type HttpProxyDeps } from "./http-proxy.ts";
import { PROXY_LIMITS, type ProxyLimits } from "./limits.ts";

// Test support: a router in this process on a real socket, with the backends and raw clients that tests need.

export interface TestRouter extends AsyncDisposable {
  readonly port: number;
  readonly table: RouteTable;
  readonly proxy: HttpProxy;
  /** Access log lines of all finished exchanges. */
  readonly log: string[];
  register(uri: string, port: number, more?: Partial<RouteEndpoint>): void;
  /** A backend; it ends with the router. */
  backend(listener: RequestListener): Promise<{ readonly port: number; readonly server: Server }>;
  /** A backend that speaks for itself. */
  rawBackend(onSocket: (socket: Socket) => void): Promise<{ readonly port: number; readonly server: NetServer }>;
  /** Listens on a free port; the server ends with the router. */
  listen(server: NetServer): Promise<number>;
  /** A client of raw bytes; it ends with the router. */
  client(): Promise<RawClient>;
  /** Sends bytes on a new connection and gives all that comes back until the router closes. */
  raw(bytes: string): Promise<string>;
}

export interface RawClient {
  readonly socket: Socket;
  /** Everything received and not yet taken. */
  readonly received: string;
  readonly closed: Promise<void>;
  send(bytes: string): void;
  /** Takes what has come once it matches; rejects when the connection closes before. */
  until(pattern: RegExp): Promise<string>;
}

export async function startTestRouter(
  limits: Partial<ProxyLimits> = {},
  deps: Partial<HttpProxyDeps> = {},
): Promise<TestRouter> {
  const clock = systemClock();
  const table = new RouteTable();
  const log: string[] = [];
  const proxy = new HttpProxy({
    clock,
    random: systemRandom(),
    table,
    limits: { ...PROXY_LIMITS, ...limits },
    stickyCookieNames: ["JSESSIONID"],
    secureCookies: false,
    finished: (exchange, endMs) => log.push(accessLogLine(exchange, endMs)),
    ...deps,
  });
  const sockets = new Set<Socket>();
  const servers: NetServer[] = [];
  const listen = async <S extends NetServer>(server: S): Promise<number> => {
    servers.push(server);
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(createServer({ noDelay: true }, (socket) => proxy.accept(socket, false)));
  const stopping = new AbortController();
  const sweeping = (async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(20, stopping.signal).catch(() => undefined);
      proxy.checkTime();
    }
  })();
  const client = (): Promise<RawClient> => rawClient(port, sockets);
  return {
    port,
    table,
    proxy,
    log,
    listen,
    client,
    register: (uri, to, more = {}) => table.apply({ kind: "put", endpoint: testEndpoint(to, more), uris: [uri] }),
    backend: async (listener) => {
      const server = createHttpServer(listener);
      return { server, port: await listen(server) };
    },
    rawBackend: async (onSocket) => {
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        onSocket(socket);
      });
      return { server, port: await listen(server) };
    },
    raw: async (bytes) => {
      const one = await client();
      one.send(bytes);
      await one.closed;
      return one.received;
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await sweeping;
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      for (const upstream of proxy.upstreams) upstream.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

export function testEndpoint(port: number, more: Partial<RouteEndpoint> = {}): RouteEndpoint {
  return {
    address: `127.0.0.1:${port}`,
    host: "127.0.0.1",
    port,
    tls: false,
    serverCertDomainSan: "",
    appId: "11111111-1111-4111-8111-111111111111",
    instanceId: `instance-${port}`,
    instanceIndex: "0",
    tags: {},
    routeServiceUrl: "",
    isolationSegment: "",
    availabilityZone: "",
    loadBalancing: "",
    staleAfterMs: 120_000,
    updatedAtNs: 0,
    ...more,
  };
}

async function rawClient(port: number, sockets: Set<Socket>): Promise<RawClient> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  sockets.add(socket);
  let received = "";
  let wake = (): void => undefined;
  let ended = false;
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
    wake();
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      ended = true;
      wake();
      resolve();
    };
    socket.on("end", end);
    socket.on("close", end);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return {
    socket,
    closed,
    get received() {
      return received;
    },
    send: (bytes) => void socket.write(bytes, "latin1"),
    until: async (pattern) => {
      for (;;) {
        const found = pattern.exec(received);
        if (found !== null) {
          const taken = received.slice(0, found.index + found[0].length);
          received = received.slice(taken.length);
          return taken;
        }
        if (ended) throw new Error(`closed before ${pattern}: ${received}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
