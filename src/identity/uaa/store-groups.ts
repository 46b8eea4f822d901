import { type Kysely, sql } from "kysely";
import { UaaError } from "./errors.ts";
import type { Group, Membership, MemberType } from "./model.ts";
import type { GroupRow, UaaTables } from "./schema.ts";
import type { ScimFilter } from "./scim-filter.ts";
import type { ScimColumn } from "./scim-filter-sql.ts";
import { type Page, type PageRequest, scimPage } from "./scim-page.ts";

const GROUP_COLUMNS: ReadonlyMap<string, ScimColumn> = new Map([
  ["id", { column: "id", type: "text" }],
  ["displayname", { column: "display_name", type: "text" }],
  ["description", { column: "description", type: "text" }],
  ["version", { column: "version", type: "number" }],
  ["meta.version", { column: "version", type: "number" }],
  ["created", { column: "created_ms", type: "time" }],
  ["meta.created", { column: "created_ms", type: "time" }],
  ["lastmodified", { column: "last_modified_ms", type: "time" }],
  ["meta.lastmodified", { column: "last_modified_ms", type: "time" }],
]);

export interface HeldGroup {
  readonly group: Group;
  /** False: by way of another group. */
  readonly direct: boolean;
}

/** Groups and who is in them. A group may hold groups; a user of the inner one then has the outer one too. */
export class GroupStore {
  readonly #db: Kysely<UaaTables>;

  constructor(db: Kysely<UaaTables>) {
    this.#db = db;
  }

  async find(id: string): Promise<Group | null> {
    const row = await this.#db.selectFrom("groups").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  }

  async findByName(displayName: string): Promise<Group | null> {
    return (await this.findByNames([displayName]))[0] ?? null;
  }

  async findByNames(displayNames: readonly string[]): Promise<Group[]> {
    if (displayNames.length === 0) return [];
    const names = displayNames.map((name) => name.toLowerCase());
    const rows = await this.#db.selectFrom("groups").selectAll().where("display_name_lower", "in", names).execute();
    return rows.map(fromRow);
  }

  /** Throws `ScimFilterError` for an attribute that groups do not have. */
  async query(filter: ScimFilter, page: PageRequest): Promise<Page<Group>> {
    const { items, total } = await scimPage(this.#db, "groups", GROUP_COLUMNS, filter, page);
    return { items: items.map(fromRow), total };
  }

  /** Throws `scim_resource_already_exists`. */
  async insert(group: Group, members: readonly Membership[], nowMs: number): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto("groups")
        .values(toRow(group))
        .onConflict((conflict) => conflict.column("display_name_lower").doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows !== 1n) {
        throw new UaaError(
          "scim_resource_already_exists",
          `A group with displayName: ${group.displayName} already exists.`,
        );
      }
      for (const member of members) await insertMember(trx, member, nowMs);
    });
  }

  /** Makes the groups that are not there yet. */
  async ensure(groups: readonly Group[]): Promise<void> {
    if (groups.length === 0) return;
    await this.#db
      .insertInto("groups")
      .values(groups.map(toRow))
      .onConflict((conflict) => conflict.column("display_name_lower").doNothing())
      .execute();
  }

  /** Replaces the members when they are given. Throws `scim_resource_conflict` when someone was faster. */
  async update(
    group: Group,
    expectedVersion: number,
    members: readonly Membership[] | null,
    nowMs: number,
  ): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable("groups")
        .set(toRow(group))
        .where("id", "=", group.id)
        .where("version", "=", expectedVersion)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows !== 1n) {
        throw new UaaError(
          "scim_resource_conflict",
          `Attempt to update a group (${group.id}) with wrong version: expected=${expectedVersion}`,
        );
      }
      if (members === null) return;
      await trx.deleteFrom("memberships").where("group_id", "=", group.id).execute();
      for (const member of members) await insertMember(trx, member, nowMs);
    });
  }

  async delete(id: string): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.deleteFrom("memberships").where("member_id", "=", id).execute();
      await trx.deleteFrom("groups").where("id", "=", id).execute();
    });
  }

  async members(groupId: string): Promise<Membership[]> {
    return (await this.membersOf([groupId])).get(groupId) ?? [];
  }

  /** True when the member was not in the group before. */
  async addMember(member: Membership, nowMs: number): Promise<boolean> {
    return await insertMember(this.#db, member, nowMs);
  }

  async removeMember(groupId: string, memberId: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom("memberships")
      .where("group_id", "=", groupId)
      .where("member_id", "=", memberId)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  }

  async removeEverywhere(memberId: string): Promise<void> {
    await this.#db.deleteFrom("memberships").where("member_id", "=", memberId).execute();
  }

  /** Direct members by group id; a group without any is not there. */
  async membersOf(groupIds: readonly string[]): Promise<Map<string, Membership[]>> {
    if (groupIds.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom("memberships")
      .selectAll()
      .where("group_id", "in", groupIds)
      .orderBy("added_ms")
      .orderBy("member_id")
      .execute();
    return Map.groupBy(rows.map(toMembership), (member) => member.groupId);
  }

  /** As `groupsOf`, by member. */
  async groupsOfMany(memberIds: readonly string[]): Promise<Map<string, HeldGroup[]>> {
    const held = new Map<string, HeldGroup[]>();
    if (memberIds.length === 0) return held;
    const { rows } = await sql<GroupRow & { member: string; depth: number }>`
      WITH RECURSIVE reached (member, group_id, depth) AS (
        SELECT member_id, group_id, 1 FROM memberships WHERE member_id IN (${sql.join(memberIds)})
        UNION
        SELECT r.member, m.group_id, r.depth + 1 FROM memberships m JOIN reached r ON m.member_id = r.group_id
        WHERE r.depth < 16
      )
      SELECT r.member AS member, g.*, min(r.depth) AS depth FROM reached r JOIN groups g ON g.id = r.group_id
      GROUP BY r.member, g.id ORDER BY g.display_name`.execute(this.#db);
    for (const row of rows) {
      const list = held.get(row.member) ?? [];
      list.push({ group: fromRow(row), direct: row.depth === 1 });
      held.set(row.member, list);
    }
    return held;
  }

  /** What a provider gave this user before is replaced by these groups; what others gave stays. */
  async replaceMembershipsOf(
    userId: string,
    origin: string,
    groupIds: readonly string[],
    nowMs: number,
  ): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      let stale = trx.deleteFrom("memberships").where("member_id", "=", userId).where("origin", "=", origin);
      if (groupIds.length > 0) stale = stale.where("group_id", "not in", groupIds);
      await stale.execute();
      for (const groupId of groupIds) {
        await insertMember(trx, { groupId, memberId: userId, memberType: "USER", origin }, nowMs);
      }
    });
  }

  /** Groups with this member, directly or by way of inner groups (at most 16 deep). */
  async groupsOf(memberId: string): Promise<HeldGroup[]> {
    return (await this.groupsOfMany([memberId])).get(memberId) ?? [];
  }
}

function toMembership(row: UaaTables["memberships"]): Membership {
  return {
    groupId: row.group_id,
    memberId: row.member_id,
    memberType: row.member_type as MemberType,
    origin: row.origin,
  };
}

async function insertMember(db: Kysely<UaaTables>, member: Membership, nowMs: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("memberships")
    .values({
      group_id: member.groupId,
      member_id: member.memberId,
      member_type: member.memberType,
      origin: member.origin,
      added_ms: nowMs,
    })
    .onConflict((conflict) => conflict.columns(["group_id", "member_id"]).doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

function fromRow(row: GroupRow): Group {
  return {
    id: row.id,
    displayName: row.display_name,
    description: row.description,
    version: row.version,
    createdMs: row.created_ms,
    lastModifiedMs: row.last_modified_ms,
  };
}

function toRow(group: Group): GroupRow {
  return {
    id: group.id,
    display_name: group.displayName,
    display_name_lower: group.displayName.toLowerCase(),
    description: group.description,
    version: group.version,
    created_ms: group.createdMs,
    last_modified_ms: group.lastModifiedMs,
  };
}
