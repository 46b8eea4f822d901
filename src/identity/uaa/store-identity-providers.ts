import type { Kysely } from "kysely";
import type { IdentityProvider, ProviderConfig } from "./identity-provider.ts";
import type { IdentityProviderRow, UaaTables } from "./schema.ts";

/** Registered identity providers. They are few and asked for at each sign-in, so they stay in memory once read. */
export class IdentityProviderStore {
  readonly #db: Kysely<UaaTables>;
  #cached: Promise<readonly IdentityProvider[]> | null = null;

  constructor(db: Kysely<UaaTables>) {
    this.#db = db;
  }

  /** From the oldest to the newest. */
  async all(): Promise<readonly IdentityProvider[]> {
    this.#cached ??= this.#read();
    return await this.#cached;
  }

  async find(id: string): Promise<IdentityProvider | null> {
    return (await this.all()).find((provider) => provider.id === id) ?? null;
  }

  async byOrigin(originKey: string): Promise<IdentityProvider | null> {
    return (await this.all()).find((provider) => provider.originKey === originKey) ?? null;
  }

  /** False when the origin is taken. */
  async insert(provider: IdentityProvider): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto("identity_providers")
      .values(toRow(provider))
      .onConflict((conflict) => conflict.column("origin_key").doNothing())
      .executeTakeFirstOrThrow();
    this.#cached = null;
    return numInsertedOrUpdatedRows === 1n;
  }

  async update(provider: IdentityProvider): Promise<void> {
    await this.#db.updateTable("identity_providers").set(toRow(provider)).where("id", "=", provider.id).execute();
    this.#cached = null;
  }

  /** Its accounts and what they had in groups go too. UAA: EntityDeletedEvent of the provider */
  async delete(provider: IdentityProvider): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      const users = trx.selectFrom("users").select("id").where("origin", "=", provider.originKey);
      await trx.deleteFrom("memberships").where("member_id", "in", users).execute();
      await trx.deleteFrom("memberships").where("origin", "=", provider.originKey).execute();
      await trx.deleteFrom("tokens").where("user_id", "in", users).execute();
      await trx.deleteFrom("external_group_mappings").where("origin", "=", provider.originKey).execute();
      await trx.deleteFrom("users").where("origin", "=", provider.originKey).execute();
      await trx.deleteFrom("identity_providers").where("id", "=", provider.id).execute();
    });
    this.#cached = null;
  }

  async #read(): Promise<readonly IdentityProvider[]> {
    const rows = await this.#db
      .selectFrom("identity_providers")
      .selectAll()
      .orderBy("created_ms")
      .orderBy("id")
      .execute();
    return rows.map(fromRow);
  }
}

function fromRow(row: IdentityProviderRow): IdentityProvider {
  return {
    id: row.id,
    originKey: row.origin_key,
    name: row.name,
    type: row.type,
    config: JSON.parse(row.config) as ProviderConfig,
    active: row.active === 1,
    version: row.version,
    createdMs: row.created_ms,
    lastModifiedMs: row.last_modified_ms,
  };
}

function toRow(provider: IdentityProvider): IdentityProviderRow {
  return {
    id: provider.id,
    origin_key: provider.originKey,
    name: provider.name,
    type: provider.type,
    config: JSON.stringify(provider.config),
    active: provider.active ? 1 : 0,
    version: provider.version,
    created_ms: provider.createdMs,
    last_modified_ms: provider.lastModifiedMs,
  };
}
