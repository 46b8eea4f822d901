export { type BrokerClientDeps, createBrokerClient } from "./broker-client.ts";
export { type BrokerClient, type BrokerError, isBrokerError } from "./client.ts";
export { type BrokerClientConfig, DEFAULT_BROKER_LIMITS } from "./config.ts";
export { isRefusedAddress } from "./refused-address.ts";
