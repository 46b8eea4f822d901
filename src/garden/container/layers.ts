import type { ContainerSpec } from "../client.ts";
import { GardenError } from "../errors.ts";

/** A page of memory is the least that mount(2) takes for its options; the stack and the scratch disk need room as well. */
const LAYERS_MAX = 8;
/** Characters that mean something in the options of an overlay. */
const UNUSABLE = /[,:\\\s"]/;

type Layered = Pick<ContainerSpec, "layers" | "diskLimitBytes">;

/** Folders of the layers, uppermost first. Throws kind `invalid` for what cannot be mounted. */
export function layerPaths(spec: Layered): string[] {
  const layers = spec.layers ?? [];
  if (layers.length > LAYERS_MAX)
    throw new GardenError("invalid", `${layers.length} layers, ${LAYERS_MAX} are the limit`);
  for (const { path } of layers) {
    if (!path.startsWith("/") || UNUSABLE.test(path)) throw new GardenError("invalid", `path of a layer: ${path}`);
  }
  return layers.map(({ path }) => path);
}

/** What the layers count against the disk limit. */
export function layerBytes(spec: Layered): number {
  return (spec.layers ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What is left to write; 0 means no limit. Throws kind `exhausted` when the layers alone reach the limit. */
export function scratchLimitBytes(spec: Layered): number {
  if (spec.diskLimitBytes === 0) return 0;
  const left = spec.diskLimitBytes - layerBytes(spec);
  if (left > 0) return left;
  const taken = `the layers take ${layerBytes(spec)} of ${spec.diskLimitBytes} bytes`;
  throw new GardenError("exhausted", `disk limit: ${taken}`);
}
