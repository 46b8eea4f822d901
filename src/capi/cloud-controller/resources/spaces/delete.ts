import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { deleteMetadata } from "../../metadata.ts";

/** Empties a space (apps first, through `hooks.onSpaceDeleted`) and deletes it. May run again after a restart. CC: actions/space_delete.rb */
export async function deleteSpace(api: CcApi, guid: string, actor: Actor, signal: AbortSignal): Promise<void> {
  const space = await api.db.selectFrom("spaces").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (space === undefined) return;
  await api.hooks.emptySpace(guid, actor, signal);
  await api.transaction(async (trx) => {
    const routes = trx.selectFrom("routes").where("space_guid", "=", guid).select("guid");
    const instances = trx.selectFrom("service_instances").where("space_guid", "=", guid).select("guid");
    for (const [owner, guids] of [
      ["route", routes],
      ["service_instance", instances],
    ] as const) {
      await deleteMetadata(
        trx,
        owner,
        (await guids.execute()).map((row) => row.guid),
      );
    }
    await trx.deleteFrom("service_route_bindings").where("route_guid", "in", routes).execute();
    await trx.deleteFrom("service_route_bindings").where("service_instance_guid", "in", instances).execute();
    await trx.deleteFrom("service_credential_bindings").where("service_instance_guid", "in", instances).execute();
    await trx.deleteFrom("service_instances").where("space_guid", "=", guid).execute();
    await trx.deleteFrom("service_instance_shares").where("space_guid", "=", guid).execute();
    await trx.deleteFrom("routes").where("space_guid", "=", guid).execute();
    await trx.deleteFrom("route_shares").where("space_guid", "=", guid).execute();
    await trx.deleteFrom("security_group_spaces").where("space_guid", "=", guid).execute();
    await trx.deleteFrom("roles").where("space_guid", "=", guid).execute();
    await deleteMetadata(trx, "space", [guid]);
    await trx.deleteFrom("spaces").where("guid", "=", guid).execute();
    await api.event(trx, {
      type: "audit.space.delete-request",
      actor,
      target: { guid, type: "space", name: space.name },
      organizationGuid: space.organization_guid,
      spaceGuid: guid,
      data: { request: { recursive: true } },
    });
  });
}
