import { type AddressInfo, createServer, type Server } from "node:net";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { MessageBus } from "../../kit/messages.ts";
import type { Random } from "../../kit/random.ts";
import { Broker } from "./broker.ts";
import { type NatsLimits, type NatsServerConfig, natsLimits } from "./config.ts";
import { NatsConnection } from "./connection.ts";
import { LocalBus } from "./local-bus.ts";

export interface NatsServerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface NatsServer extends AsyncDisposable {
  /** The bus for components of this process. */
  readonly bus: MessageBus;
  /** Where clients connect; null without `listen`. */
  readonly address: { readonly host: string; readonly port: number } | null;
  connectionCount(): number;
  /** Messages since the start. */
  messageCount(): number;
}

/** Resolves when clients can connect; rejects (EADDRINUSE …) with nothing left running. Disposal cuts all clients. */
export async function startNatsServer(config: NatsServerConfig, deps: NatsServerDeps): Promise<NatsServer> {
  const limits = natsLimits(config);
  const broker = new Broker(deps.random);
  const bus = new LocalBus(broker, limits.payloadMax, deps);
  const connections = new Set<NatsConnection>();
  const stopping = new AbortController();
  const server = config.listen === undefined ? null : acceptClients(config, limits, broker, connections, deps);
  let address: NatsServer["address"] = null;
  if (server !== null && config.listen !== undefined) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen(config.listen.port, config.listen.host, resolve);
    await promise;
    server.removeListener("error", reject);
    server.on("error", (error) => deps.log.error("NATS listener failed", { error }));
    address = { host: config.listen.host, port: (server.address() as AddressInfo).port };
  }
  const watching = server === null ? Promise.resolve() : watch(connections, limits, deps.clock, stopping.signal);
  return {
    bus,
    address,
    connectionCount: () => connections.size,
    messageCount: () => broker.published,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await watching;
      if (server === null) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.fail("Server Shutdown");
      await closed;
    },
  };
}

function acceptClients(
  config: NatsServerConfig,
  limits: NatsLimits,
  broker: Broker,
  connections: Set<NatsConnection>,
  deps: NatsServerDeps,
): Server {
  const serverId = deps.random.guid();
  let clientId = 0;
  const server = createServer((socket) => {
    if (connections.size >= limits.connectionsMax) {
      socket.on("error", () => undefined);
      socket.end("-ERR 'maximum connections exceeded'\r\n");
      return;
    }
    const { port } = server.address() as AddressInfo;
    const info = {
      server_id: serverId,
      server_name: "ingot",
      version: "2.10.0", // the protocol level that clients may count on
      proto: 1,
      host: config.listen?.host,
      port,
      headers: true,
      max_payload: limits.payloadMax,
      client_id: ++clientId,
      client_ip: socket.remoteAddress,
      ...(config.auth === undefined ? {} : { auth_required: true }),
    };
    const parts = { broker, log: deps.log, limits, auth: config.auth };
    connections.add(
      new NatsConnection(socket, info, deps.clock.steadyMs(), parts, (closed) => void connections.delete(closed)),
    );
  });
  return server;
}

/** The one timer of all connections. */
async function watch(
  connections: ReadonlySet<NatsConnection>,
  limits: NatsLimits,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let pingDueMs = clock.steadyMs() + limits.pingIntervalMs;
  while (!signal.aborted) {
    await clock.sleep(Math.min(1_000, limits.pingIntervalMs, limits.connectTimeoutMs), signal).catch(() => undefined);
    const nowMs = clock.steadyMs();
    const pingNow = nowMs >= pingDueMs;
    if (pingNow) pingDueMs = nowMs + limits.pingIntervalMs;
    for (const connection of connections) {
      connection.checkPresented(nowMs);
      if (pingNow) connection.ping();
    }
  }
}
