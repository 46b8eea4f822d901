export { type Agent, type AgentDeps, type EnvelopeSink, startAgent } from "./agent.ts";
export type { AgentClient } from "./client.ts";
export type { AgentConfig } from "./config.ts";
