export type * from "./client.ts";
export { GARDEN_DEFAULTS, type GardenConfig, type RelayPort } from "./config.ts";
export { GardenError, type GardenErrorKind } from "./errors.ts";
export { chooseIsolation, type MachineAbilities, probeMachine } from "./isolation.ts";
export { type GardenDeps, type RunningGarden, startGarden } from "./start-garden.ts";
