import { type Kysely, sql } from "kysely";
import type { CcDatabase } from "../../store/schema.ts";

/** `a.b.example.com` → `example.com`, `b.example.com`, `a.b.example.com`. CC: lib/cloud_controller/domain_decorator.rb */
export function intermediateDomains(name: string): string[] {
  const labels = name.split(".");
  return labels
    .slice(0, -1)
    .map((_label, index) => labels.slice(index).join("."))
    .reverse();
}

/**
 * Why a domain cannot be created beside what others have; null when it can. `owner` null: a shared domain. CC: models/runtime/domain.rb, private_domain.rb
 */
export async function overlapText(trx: Kysely<CcDatabase>, name: string, owner: string | null): Promise<string | null> {
  const reserved = (by: string, kind: string): string =>
    `The domain name "${name}" cannot be created because "${by}" is already reserved by ${kind}`;
  const parents = intermediateDomains(name);
  const foreign = await trx
    .selectFrom("domains")
    .where("name", "in", parents)
    .where("owning_organization_guid", "is not", null)
    .where((eb) => (owner === null ? eb.lit(true) : eb("owning_organization_guid", "<>", owner)))
    .select("name")
    .executeTakeFirst();
  if (foreign !== undefined) return reserved(foreign.name, "another domain");
  for (const candidate of parents) {
    const [host = "", ...rest] = candidate.split(".");
    const route = await trx
      .selectFrom("routes")
      .innerJoin("domains", "domains.guid", "routes.domain_guid")
      .where("domains.name", "=", rest.join("."))
      .where("routes.host", "=", host)
      .select("routes.guid")
      .executeTakeFirst();
    if (route !== undefined) return reserved(candidate, "a route");
  }
  if (owner === null) return null;
  const below = await trx
    .selectFrom("domains")
    .where((eb) => eb.or([eb("owning_organization_guid", "is", null), eb("owning_organization_guid", "<>", owner)]))
    .where(sql<boolean>`lower(substr(name, length(name) - ${sql.lit(name.length)})) = ${`.${name.toLowerCase()}`}`)
    .select("name")
    .executeTakeFirst();
  return below === undefined ? null : reserved(below.name, "another domain");
}
