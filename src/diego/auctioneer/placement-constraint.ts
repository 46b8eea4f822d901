import type { CellState, ResourceNeed } from "../../protocol/cell.ts";

/** Texts of Diego (auction/auctiontypes/types.go): the Cloud Controller and its clients look for their beginnings. */
export const CELL_COMMUNICATION = "unable to communicate to compatible cells";
export const EXCEEDED_STARTS = "waiting to start instance: reached in-flight start limit";
const ROOTFS_MISMATCH = "found no compatible cell for required rootfs";
const VOLUME_DRIVER_MISMATCH = "found no compatible cell with required volume drivers";

/** How far cells got: the furthest obstacle is the one to name. */
export type Mismatch = "rootfs" | "volume-drivers" | "placement-tags";
const RANK: Record<Mismatch, number> = { rootfs: 0, "volume-drivers": 1, "placement-tags": 2 };

/** Null when the cell may run it. Diego: auction/auctionrunner/scheduler.go, filterCells; rep/resources.go */
export function mismatchOf(cell: CellState, need: ResourceNeed): Mismatch | null {
  if (!matchesRootfs(cell.rootfsProviders, need.rootfs)) return "rootfs";
  if (!need.volumeDrivers.every((driver) => cell.volumeDrivers.includes(driver))) return "volume-drivers";
  return matchesTags(cell, need.placementTags) ? null : "placement-tags";
}

/**
 * The scheme of the root file system names the provider. `preloaded` ones know their stacks by name, so an empty list
 * means none of them; an empty list of any other scheme (`docker`) means every image.
 */
function matchesRootfs(providers: CellState["rootfsProviders"], rootfs: string): boolean {
  const colon = rootfs.indexOf(":");
  if (colon <= 0) return false;
  const scheme = rootfs.slice(0, colon);
  const stacks = providers[scheme];
  if (stacks === undefined) return false;
  if (stacks.length === 0) return scheme !== "preloaded" && scheme !== "preloaded+layer";
  const query = rootfs.indexOf("?");
  return stacks.includes(rootfs.slice(colon + 1, query === -1 ? undefined : query));
}

/** All of the cell's required tags, and nothing beyond its required and optional ones. */
function matchesTags(cell: CellState, wanted: readonly string[]): boolean {
  return (
    cell.placementTags.every((tag) => wanted.includes(tag)) &&
    wanted.every((tag) => cell.placementTags.includes(tag) || cell.optionalPlacementTags.includes(tag))
  );
}

export function furthest(a: Mismatch | null, b: Mismatch): Mismatch {
  return a === null || RANK[b] > RANK[a] ? b : a;
}

export function mismatchText(mismatch: Mismatch, tags: readonly string[]): string {
  if (mismatch === "rootfs") return ROOTFS_MISMATCH;
  if (mismatch === "volume-drivers") return VOLUME_DRIVER_MISMATCH;
  const quoted = tags.map((tag) => `"${tag}"`);
  if (quoted.length === 0) return "found no compatible cell with no placement tags";
  if (quoted.length === 1) return `found no compatible cell with placement tag ${quoted[0]}`;
  return `found no compatible cell with placement tags ${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}
