import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { AppPlace } from "../apps/place.ts";
import { bindUserProvided } from "../service-credential-bindings/create.ts";
import type { ManifestService } from "./model.ts";

/** Binds what is not bound yet, inside a transaction. CC: actions/app_apply_manifest.rb, create_service_bindings */
export async function applyServices(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  { app, space }: AppPlace,
  services: readonly ManifestService[],
  actor: Actor,
): Promise<void> {
  for (const { name, bindingName } of services) {
    const shared = trx
      .selectFrom("service_instance_shares")
      .where("space_guid", "=", space.guid)
      .select("service_instance_guid");
    const instance = await trx
      .selectFrom("service_instances")
      .where("name", "=", name)
      .where((eb) => eb.or([eb("space_guid", "=", space.guid), eb("guid", "in", shared)]))
      .selectAll()
      .executeTakeFirst();
    if (instance === undefined) throw new CcError("ResourceNotFound", [`Service instance '${name}' not found`]);
    const bound = await trx
      .selectFrom("service_credential_bindings")
      .where("app_guid", "=", app.guid)
      .where("service_instance_guid", "=", instance.guid)
      .select("guid")
      .executeTakeFirst();
    if (bound !== undefined) continue;
    if (instance.type !== "user-provided") {
      throw unprocessable(`For service '${name}': managed service instances cannot be bound on this platform`);
    }
    const request = { type: "app", name: bindingName };
    const wanted = { instance, app, name: bindingName, strategy: "single" as const };
    try {
      await bindUserProvided(api, trx, wanted, actor, request, { manifest_triggered: true });
    } catch (error) {
      throw error instanceof CcError ? unprocessable(`For service '${name}': ${error.message}`) : error;
    }
  }
}
