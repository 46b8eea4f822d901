export type { RouteEmitterConfig } from "./config.ts";
export { type RouteEmitterDeps, type StartedRouteEmitter, startRouteEmitter } from "./route-emitter.ts";
