import type { Resource } from "../api/api.ts";
import { organizations } from "./organizations/routes.ts";

/** Every resource of the API, one line each. */
export const RESOURCES: readonly Resource[] = [organizations];
