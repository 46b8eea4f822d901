export type { GorouterConfig, RouterListener } from "./config.ts";
export { type ListenerStatus, REQUEST_BOUNDS_MS, type WorkerStats } from "./control-protocol.ts";
export { ListenFailedError, WorkerStartError } from "./errors.ts";
export { type Gorouter, type GorouterDeps, startGorouter } from "./gorouter.ts";
export type { RouteEndpoint, RouteGroup } from "./model.ts";
export { type PortProbe, portHolder, probePort } from "./port-probe.ts";
export { runningWorkerPorts } from "./running-worker-ports.ts";
export { stopLeftWorkers } from "./stop-left-workers.ts";
export { detachedSpawn, type WorkerSpawn } from "./worker-spawn.ts";
