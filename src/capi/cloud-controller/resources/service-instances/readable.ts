import type { Selectable } from "kysely";
import { type Access, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { notFound } from "../../errors.ts";
import type { ServiceInstancesTable } from "../../store/schema.ts";
import { requireSpaceWrite, type Space } from "../../visible.ts";

export type ServiceInstance = Selectable<ServiceInstancesTable>;

/** Instances of the caller's spaces, and those shared into them. */
export function readableInstances(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("service_instances").selectAll("service_instances");
  if (access.readsAll) return rows;
  const spaces = spaceGuidsWith(api.db, access, SPACE_READERS);
  return rows.where((eb) =>
    eb.or([
      eb("service_instances.space_guid", "in", spaces),
      eb(
        "service_instances.guid",
        "in",
        eb
          .selectFrom("service_instance_shares")
          .where("service_instance_shares.space_guid", "in", spaces)
          .select("service_instance_shares.service_instance_guid"),
      ),
    ]),
  );
}

export async function visibleInstance(api: CcApi, access: Access, guid: string): Promise<ServiceInstance> {
  const instance = await readableInstances(api, access).where("service_instances.guid", "=", guid).executeTakeFirst();
  if (instance === undefined) throw notFound("Service instance");
  return instance;
}

export async function spaceOfInstance(api: CcApi, instance: ServiceInstance): Promise<Space> {
  return api.db.selectFrom("spaces").where("guid", "=", instance.space_guid).selectAll().executeTakeFirstOrThrow();
}

/** An instance that the caller may change, and its space. */
export async function writableInstance(
  api: CcApi,
  { params, access }: Pick<CcRequest, "params" | "access">,
): Promise<{ instance: ServiceInstance; space: Space }> {
  const instance = await visibleInstance(api, access, params["guid"]!);
  const space = await spaceOfInstance(api, instance);
  await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
  return { instance, space };
}
