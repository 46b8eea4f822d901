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
  // Two looks by indexes; one condition with an "or" would be asked of every row.
  const ofApps = api.db
    .selectFrom("service_credential_bindings as binding")
    .innerJoin("apps as app", "app.guid", "binding.app_guid")
    .where("app.space_guid", "in", spaces)
    .select("binding.id");
  const ofInstances = api.db
    .selectFrom("service_credential_bindings as binding")
    .innerJoin("service_instances as instance", "instance.guid", "binding.service_instance_guid")
    .where("binding.app_guid", "is", null)
    .where("instance.space_guid", "in", spaces)
    .select("binding.id");
  return rows.where("service_credential_bindings.id", "in", ofApps.unionAll(ofInstances));
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
