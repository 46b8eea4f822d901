import { type Access, SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import { notFound } from "../../errors.ts";
import type { Space } from "../../visible.ts";
import type { CredentialBinding } from "./present.ts";

/** Keys belong to their instance's space, app bindings to their app's. CC: models/services/service_credential_binding_view.rb */
export function readableBindings(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("service_credential_bindings").selectAll("service_credential_bindings");
  if (access.readsAll) return rows;
  const spaces = spaceGuidsWith(api.db, access, SPACE_READERS);
  return rows.where((eb) =>
    eb.or([
      eb(
        "service_credential_bindings.app_guid",
        "in",
        eb.selectFrom("apps").where("apps.space_guid", "in", spaces).select("apps.guid"),
      ),
      eb.and([
        eb("service_credential_bindings.app_guid", "is", null),
        eb(
          "service_credential_bindings.service_instance_guid",
          "in",
          eb
            .selectFrom("service_instances")
            .where("service_instances.space_guid", "in", spaces)
            .select("service_instances.guid"),
        ),
      ]),
    ]),
  );
}

export async function visibleBinding(api: CcApi, access: Access, guid: string): Promise<CredentialBinding> {
  const binding = await readableBindings(api, access)
    .where("service_credential_bindings.guid", "=", guid)
    .executeTakeFirst();
  if (binding === undefined) throw notFound("Service credential binding");
  return binding;
}

export async function spaceOfBinding(api: CcApi, binding: CredentialBinding): Promise<Space> {
  const owner =
    binding.app_guid === null
      ? await api.db
          .selectFrom("service_instances")
          .where("guid", "=", binding.service_instance_guid)
          .select("space_guid")
          .executeTakeFirstOrThrow()
      : await api.db
          .selectFrom("apps")
          .where("guid", "=", binding.app_guid)
          .select("space_guid")
          .executeTakeFirstOrThrow();
  return api.db.selectFrom("spaces").where("guid", "=", owner.space_guid).selectAll().executeTakeFirstOrThrow();
}
