import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { CcDatabase } from "../../store/schema.ts";

/**
 * Marks the processes behind these destinations as changed: the bridge's sync sees a newer `updated_at` even if the news of this change is
 * lost. Gives their guids. CC: lib/cloud_controller/process_route_handler.rb
 */
export async function touchProcesses(
  trx: Kysely<CcDatabase>,
  destinations: readonly { readonly app_guid: string; readonly process_type: string }[],
  nowMs: number,
): Promise<string[]> {
  const guids: string[] = [];
  const pairs = new Map(
    destinations.map((destination) => [`${destination.app_guid}/${destination.process_type}`, destination]),
  );
  for (const { app_guid, process_type } of pairs.values()) {
    const rows = await trx
      .updateTable("processes")
      .set({ updated_at: sql<number>`CASE WHEN updated_at >= ${nowMs} THEN updated_at + 1 ELSE ${nowMs} END` })
      .where("app_guid", "=", app_guid)
      .where("type", "=", process_type)
      .returning("guid")
      .execute();
    guids.push(...rows.map(({ guid }) => guid));
  }
  return guids;
}
