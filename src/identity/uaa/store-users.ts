import { type Kysely, sql } from "kysely";
import { isUniqueViolation } from "../../kit/database.ts";
import { UaaError } from "./errors.ts";
import { FAILURES_KEPT_MS } from "./lockout.ts";
import type { User, UserInfo } from "./model.ts";
import type { UaaTables, UserRow } from "./schema.ts";
import type { ScimFilter } from "./scim-filter.ts";
import type { ScimColumn } from "./scim-filter-sql.ts";
import { type Page, type PageRequest, scimPage } from "./scim-page.ts";

/** UAA: SimpleAttributeNameMapper of the SCIM users */
export const USER_COLUMNS: ReadonlyMap<string, ScimColumn> = new Map([
  ["id", { column: "id", type: "text" }],
  ["username", { column: "user_name", type: "text" }],
  ["origin", { column: "origin", type: "text" }],
  ["externalid", { column: "external_id", type: "text" }],
  ["email", { column: "email", type: "text" }],
  ["emails", { column: "email", type: "text" }],
  ["emails.value", { column: "email", type: "text" }],
  ["givenname", { column: "given_name", type: "text" }],
  ["name.givenname", { column: "given_name", type: "text" }],
  ["familyname", { column: "family_name", type: "text" }],
  ["name.familyname", { column: "family_name", type: "text" }],
  ["phonenumber", { column: "phone_number", type: "text" }],
  ["phonenumbers", { column: "phone_number", type: "text" }],
  ["phonenumbers.value", { column: "phone_number", type: "text" }],
  ["active", { column: "active", type: "flag" }],
  ["verified", { column: "verified", type: "flag" }],
  ["version", { column: "version", type: "number" }],
  ["meta.version", { column: "version", type: "number" }],
  ["created", { column: "created_ms", type: "time" }],
  ["meta.created", { column: "created_ms", type: "time" }],
  ["lastmodified", { column: "last_modified_ms", type: "time" }],
  ["meta.lastmodified", { column: "last_modified_ms", type: "time" }],
  ["last_logon_success_time", { column: "last_logon_ms", type: "time" }],
]);

const IS_ACTIVE: ScimFilter = { kind: "compare", attribute: "active", operator: "eq", value: true };

/** Accounts and their failed sign-ins. Changes are durable once the caller has awaited `Durable.durable()`. */
export class UserStore {
  readonly #db: Kysely<UaaTables>;

  constructor(db: Kysely<UaaTables>) {
    this.#db = db;
  }

  async find(id: string): Promise<User | null> {
    const row = await this.#db.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  }

  /** Any origin when none is given. */
  async findByName(userName: string, origin: string | null): Promise<User[]> {
    return await this.findByNames([userName], origin);
  }

  /** The oldest with this address, compared without case. */
  async findByEmail(email: string, origin: string): Promise<User | null> {
    const row = await this.#db
      .selectFrom("users")
      .selectAll()
      .where(sql`lower(email)`, "=", email.toLowerCase())
      .where("origin", "=", origin)
      .orderBy("created_ms")
      .executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  }

  /** As `findByName`, for many names. */
  async findByNames(userNames: readonly string[], origin: string | null): Promise<User[]> {
    if (userNames.length === 0) return [];
    const names = userNames.map((name) => name.toLowerCase());
    let query = this.#db.selectFrom("users").selectAll().where("user_name_lower", "in", names);
    if (origin !== null) query = query.where("origin", "=", origin);
    return (await query.orderBy("created_ms").execute()).map(fromRow);
  }

  async findMany(ids: readonly string[]): Promise<User[]> {
    if (ids.length === 0) return [];
    return (await this.#db.selectFrom("users").selectAll().where("id", "in", ids).execute()).map(fromRow);
  }

  /** Throws `ScimFilterError` for an attribute that users do not have. */
  async query(filter: ScimFilter, page: PageRequest, onlyActive = false): Promise<Page<User>> {
    const wanted: ScimFilter = onlyActive ? { kind: "and", left: filter, right: IS_ACTIVE } : filter;
    const { items, total } = await scimPage(this.#db, "users", USER_COLUMNS, wanted, page);
    return { items: items.map(fromRow), total };
  }

  /** Throws `scim_resource_already_exists`. */
  async insert(user: User): Promise<void> {
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto("users")
      .values(toRow(user))
      .onConflict((conflict) => conflict.columns(["user_name_lower", "origin"]).doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows === 1n) return;
    const [taken] = await this.findByName(user.userName, user.origin);
    throw new UaaError("scim_resource_already_exists", `Username already in use: ${user.userName}`, {
      extra: taken === undefined ? {} : { user_id: taken.id, active: taken.active, verified: taken.verified },
    });
  }

  /** Compare and swap on the version; throws `scim_resource_conflict` when someone was faster. */
  async update(user: User, expectedVersion: number): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable("users")
      .set(toRow(user))
      .where("id", "=", user.id)
      .where("version", "=", expectedVersion)
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        if (!isUniqueViolation(error, "users.user_name_lower")) throw error;
        throw new UaaError("scim_resource_already_exists", `Username already in use: ${user.userName}`);
      });
    if (numUpdatedRows === 1n) return;
    throw new UaaError(
      "scim_resource_conflict",
      `Attempt to update a user (${user.id}) with wrong version: expected=${expectedVersion}`,
    );
  }

  async delete(id: string): Promise<void> {
    await this.#db.deleteFrom("users").where("id", "=", id).execute();
  }

  async recordFailure(userId: string, nowMs: number): Promise<void> {
    await this.#db
      .deleteFrom("login_failures")
      .where("user_id", "=", userId)
      .where("failed_ms", "<", nowMs - FAILURES_KEPT_MS)
      .execute();
    await this.#db.insertInto("login_failures").values({ user_id: userId, failed_ms: nowMs }).execute();
  }

  async failures(userId: string): Promise<number[]> {
    const rows = await this.#db
      .selectFrom("login_failures")
      .select("failed_ms")
      .where("user_id", "=", userId)
      .execute();
    return rows.map((row) => row.failed_ms);
  }

  async recordSuccess(user: User, nowMs: number): Promise<void> {
    await this.#db.deleteFrom("login_failures").where("user_id", "=", user.id).execute();
    await this.#db
      .updateTable("users")
      .set({ previous_logon_ms: user.lastLogonMs, last_logon_ms: nowMs })
      .where("id", "=", user.id)
      .execute();
  }

  async requirePasswordChange(userId: string): Promise<void> {
    await this.#db.updateTable("users").set({ password_change_required: 1 }).where("id", "=", userId).execute();
  }

  /** Voids every token of the user. */
  async changeTokenSalt(userId: string, salt: string): Promise<void> {
    await this.#db.updateTable("users").set({ token_salt: salt }).where("id", "=", userId).execute();
  }

  async saveInfo(userId: string, info: UserInfo): Promise<void> {
    await this.#db
      .updateTable("users")
      .set({ info: infoText(info) })
      .where("id", "=", userId)
      .execute();
  }

  async clearFailures(userId: string): Promise<void> {
    await this.#db.deleteFrom("login_failures").where("user_id", "=", userId).execute();
  }
}

function infoText(info: UserInfo | null): string | null {
  return info === null ? null : JSON.stringify(info);
}

function fromRow(row: UserRow): User {
  return {
    id: row.id,
    userName: row.user_name,
    origin: row.origin,
    email: row.email,
    givenName: row.given_name,
    familyName: row.family_name,
    phoneNumber: row.phone_number,
    externalId: row.external_id,
    passwordHash: row.password_hash,
    active: row.active === 1,
    verified: row.verified === 1,
    version: row.version,
    createdMs: row.created_ms,
    lastModifiedMs: row.last_modified_ms,
    passwordChangedMs: row.password_changed_ms,
    lastLogonMs: row.last_logon_ms,
    previousLogonMs: row.previous_logon_ms,
    passwordChangeRequired: row.password_change_required === 1,
    tokenSalt: row.token_salt,
    info: row.info === null ? null : (JSON.parse(row.info) as UserInfo),
  };
}

function toRow(user: User): UserRow {
  return {
    id: user.id,
    user_name: user.userName,
    user_name_lower: user.userName.toLowerCase(),
    origin: user.origin,
    email: user.email,
    given_name: user.givenName,
    family_name: user.familyName,
    phone_number: user.phoneNumber,
    external_id: user.externalId,
    password_hash: user.passwordHash,
    active: user.active ? 1 : 0,
    verified: user.verified ? 1 : 0,
    version: user.version,
    created_ms: user.createdMs,
    last_modified_ms: user.lastModifiedMs,
    password_changed_ms: user.passwordChangedMs,
    last_logon_ms: user.lastLogonMs,
    previous_logon_ms: user.previousLogonMs,
    password_change_required: user.passwordChangeRequired ? 1 : 0,
    token_salt: user.tokenSalt,
    info: infoText(user.info),
  };
}
