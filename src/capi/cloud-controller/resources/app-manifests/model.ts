import type { MetadataChange } from "../../validation.ts";
import type { AppFeature } from "../app-features/routes.ts";
import type { LifecycleChange } from "../apps/lifecycle.ts";
import type { ProcessScale, ProcessUpdate } from "../processes/body.ts";
import type { SidecarWanted } from "../sidecars/model.ts";
import type { ManifestRoute } from "./manifest-route.ts";

export interface ManifestProcess {
  readonly type: string;
  /** Null when only the type was given for a web process. */
  readonly update: ProcessUpdate | null;
  /** Null when nothing of it was given. */
  readonly scale: ProcessScale | null;
}

export interface ManifestRouteWanted {
  readonly route: ManifestRoute;
  readonly protocol: "http1" | "http2" | "tcp" | null;
  readonly options: Readonly<Record<string, string | number | null>> | null;
}

export interface ManifestService {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly bindingName: string | null;
}

/** An application of a manifest, checked. What was not written is absent or empty and stays as it is. */
export interface AppManifest {
  readonly name: string;
  readonly lifecycle: LifecycleChange | null;
  readonly docker: boolean;
  readonly processes: readonly ManifestProcess[];
  readonly sidecars: readonly SidecarWanted[];
  readonly features: Readonly<Partial<Record<AppFeature, boolean>>>;
  readonly metadata: MetadataChange | null;
  /** Null takes a variable away. */
  readonly env: Readonly<Record<string, string | null>>;
  readonly noRoute: boolean;
  readonly routes: readonly ManifestRouteWanted[] | null;
  readonly randomRoute: boolean;
  readonly defaultRoute: boolean;
  readonly services: readonly ManifestService[];
}

export interface ManifestFlags {
  readonly docker: boolean;
  readonly cnb: boolean;
  readonly hashing: boolean;
}
