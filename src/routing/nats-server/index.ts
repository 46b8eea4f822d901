export type { NatsAuth, NatsServerConfig } from "./config.ts";
export { type NatsServer, type NatsServerDeps, startNatsServer } from "./nats-server.ts";
