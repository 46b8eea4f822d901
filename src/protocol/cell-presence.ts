import type { CellPresence } from "./cell.ts";

/** JSON that a rep keeps as the value of its presence in Locket (key: its cell id). Diego: bbs/models/cells.proto, cell_presence.go */
interface CellPresenceJson {
  readonly cell_id: string;
  readonly rep_address: string;
  readonly zone: string;
  readonly capacity?: { readonly memory_mb: number; readonly disk_mb: number; readonly containers: number };
  readonly rootfs_provider_list?: readonly { readonly name: string; readonly properties?: readonly string[] }[];
  readonly placement_tags?: readonly string[];
  readonly optional_placement_tags?: readonly string[];
  readonly rep_url: string;
}

/** The value that a rep stores with its presence. */
export function encodeCellPresence(cell: CellPresence): string {
  const json: CellPresenceJson = {
    cell_id: cell.cellId,
    rep_address: cell.repAddress,
    zone: cell.zone,
    capacity: {
      memory_mb: cell.capacity.memoryMb,
      disk_mb: cell.capacity.diskMb,
      containers: cell.capacity.containers,
    },
    rootfs_provider_list: Object.entries(cell.rootfsProviders).map(([name, properties]) => ({ name, properties })),
    placement_tags: cell.placementTags,
    optional_placement_tags: cell.optionalPlacementTags,
    rep_url: cell.repUrl,
  };
  return JSON.stringify(json);
}

/** Null for a value that is no cell presence: other components keep presences too. */
export function decodeCellPresence(value: string): CellPresence | null {
  let json: Partial<CellPresenceJson> | null;
  try {
    json = JSON.parse(value) as Partial<CellPresenceJson> | null;
  } catch {
    return null;
  }
  if (json === null || typeof json !== "object" || typeof json.cell_id !== "string" || json.cell_id === "") return null;
  return {
    cellId: json.cell_id,
    repAddress: json.rep_address ?? "",
    repUrl: json.rep_url ?? "",
    zone: json.zone ?? "",
    capacity: {
      memoryMb: json.capacity?.memory_mb ?? 0,
      diskMb: json.capacity?.disk_mb ?? 0,
      containers: json.capacity?.containers ?? 0,
    },
    rootfsProviders: Object.fromEntries(
      (json.rootfs_provider_list ?? []).map((provider) => [provider.name, provider.properties ?? []]),
    ),
    placementTags: json.placement_tags ?? [],
    optionalPlacementTags: json.optional_placement_tags ?? [],
  };
}
