import type { Kysely } from "kysely";
import type { CcDatabase } from "../../store/schema.ts";
import { routeUri } from "../apps/environment-store.ts";
import type { AnyBinding } from "../service-credential-bindings/kind.ts";
import type { ManagedInstance } from "./managed.ts";

type Annotations = Readonly<Record<string, string>>;

/** Annotations with a prefix are public: brokers may read them. CC: v2/client.rb, hashified_public_annotations */
async function publicAnnotations(db: Kysely<CcDatabase>, owner: string, guid: string): Promise<Annotations> {
  const rows = await db
    .selectFrom("annotations")
    .where("resource_type", "=", owner)
    .where("resource_guid", "=", guid)
    .where("key_prefix", "<>", "")
    .select(["key_prefix", "key_name", "value"])
    .execute();
  return Object.fromEntries(rows.map((row) => [`${row.key_prefix}/${row.key_name}`, row.value]));
}

/** Where an instance lives, as brokers are told. OSBAPI: Cloud Foundry context object. CC: v2/client.rb, context_hash */
export async function contextOf(
  db: Kysely<CcDatabase>,
  { organization, space }: ManagedInstance,
): Promise<Readonly<Record<string, unknown>>> {
  return {
    platform: "cloudfoundry",
    organization_guid: organization.guid,
    space_guid: space.guid,
    organization_name: organization.name,
    space_name: space.name,
    organization_annotations: await publicAnnotations(db, "organization", organization.guid),
    space_annotations: await publicAnnotations(db, "space", space.guid),
  };
}

/** The same with the instance's own name and annotations, for its creation. */
export async function instanceContext(
  db: Kysely<CcDatabase>,
  managed: ManagedInstance,
): Promise<Readonly<Record<string, unknown>>> {
  const { instance } = managed;
  return {
    ...(await contextOf(db, managed)),
    instance_name: instance.name,
    instance_annotations: await publicAnnotations(db, "service_instance", instance.guid),
  };
}

/** What a binding is for. CC: v2/client.rb, bind_resource */
export async function bindResource(
  db: Kysely<CcDatabase>,
  binding: AnyBinding,
): Promise<Readonly<Record<string, unknown>>> {
  if (binding.route_guid !== undefined) {
    const route = await db
      .selectFrom("routes")
      .innerJoin("domains", "domains.guid", "routes.domain_guid")
      .where("routes.guid", "=", binding.route_guid)
      .select(["routes.host", "routes.path", "routes.port", "domains.name as domain"])
      .executeTakeFirstOrThrow();
    return { route: routeUri(route) };
  }
  if (!binding.app_guid) return {};
  const app = await db
    .selectFrom("apps")
    .where("guid", "=", binding.app_guid)
    .select("space_guid")
    .executeTakeFirstOrThrow();
  return {
    app_guid: binding.app_guid,
    space_guid: app.space_guid,
    app_annotations: await publicAnnotations(db, "app", binding.app_guid),
  };
}
