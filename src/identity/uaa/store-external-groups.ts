import type { Kysely } from "kysely";
import type { UaaTables } from "./schema.ts";

/** Members of an outside group are members of one of ours. UAA: ScimGroupExternalMember */
export interface ExternalGroupMapping {
  readonly groupId: string;
  readonly displayName: string;
  readonly externalGroup: string;
  readonly origin: string;
  readonly addedMs: number;
}

/** Which outside group of which provider gives which group here. Names compare without case: LDAP's do. */
export class ExternalGroupStore {
  readonly #db: Kysely<UaaTables>;

  constructor(db: Kysely<UaaTables>) {
    this.#db = db;
  }

  async all(): Promise<ExternalGroupMapping[]> {
    return await this.#select().execute();
  }

  async of(origin: string): Promise<ExternalGroupMapping[]> {
    return await this.#select().where("m.origin", "=", origin).execute();
  }

  async find(groupId: string, externalGroup: string, origin: string): Promise<ExternalGroupMapping | null> {
    const found = await this.#select()
      .where("m.group_id", "=", groupId)
      .where("m.external_group_lower", "=", externalGroup.toLowerCase())
      .where("m.origin", "=", origin)
      .executeTakeFirst();
    return found ?? null;
  }

  /** False when it was there before. */
  async insert({ groupId, externalGroup, origin, addedMs }: ExternalGroupMapping): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto("external_group_mappings")
      .values({
        group_id: groupId,
        external_group: externalGroup,
        external_group_lower: externalGroup.toLowerCase(),
        origin,
        added_ms: addedMs,
      })
      .onConflict((conflict) => conflict.columns(["group_id", "external_group_lower", "origin"]).doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }

  /** False when there was none. */
  async delete(groupId: string, externalGroup: string, origin: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom("external_group_mappings")
      .where("group_id", "=", groupId)
      .where("external_group_lower", "=", externalGroup.toLowerCase())
      .where("origin", "=", origin)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  #select() {
    return this.#db
      .selectFrom("external_group_mappings as m")
      .innerJoin("groups as g", "g.id", "m.group_id")
      .select(["m.group_id as groupId", "g.display_name as displayName"])
      .select(["m.external_group as externalGroup", "m.origin", "m.added_ms as addedMs"])
      .orderBy("g.display_name")
      .orderBy("m.external_group_lower");
  }
}
