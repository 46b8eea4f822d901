export type { RepClient, RepClientOf } from "./client.ts";
export type { RepConfig } from "./config.ts";
export { type RepDeps, type StartedRep, startRep } from "./rep.ts";
