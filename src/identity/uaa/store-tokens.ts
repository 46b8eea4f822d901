import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Approval, StoredToken } from "./model.ts";
import type { UaaTables } from "./schema.ts";

/** Tokens that can be revoked, one-time codes, browser sessions, approvals. Codes and session ids are kept as hashes. */
export class TokenStore {
  readonly #db: Kysely<UaaTables>;

  constructor(db: Kysely<UaaTables>) {
    this.#db = db;
  }

  async save(tokens: readonly StoredToken[]): Promise<void> {
    if (tokens.length === 0) return;
    const rows = tokens.map((token) => ({
      token_id: token.tokenId,
      client_id: token.clientId,
      user_id: token.userId,
      kind: token.kind,
      issued_ms: token.issuedMs,
      expires_ms: token.expiresMs,
      scope: token.scope.join(" "),
    }));
    await this.#db.insertInto("tokens").values(rows).execute();
  }

  async find(tokenId: string): Promise<StoredToken | null> {
    const row = await this.#db.selectFrom("tokens").selectAll().where("token_id", "=", tokenId).executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  }

  /** Of a user, of a client, or of both. */
  async list(owner: { readonly userId?: string; readonly clientId?: string }): Promise<StoredToken[]> {
    let query = this.#db.selectFrom("tokens").selectAll();
    if (owner.userId !== undefined) query = query.where("user_id", "=", owner.userId);
    if (owner.clientId !== undefined) query = query.where("client_id", "=", owner.clientId);
    return (await query.orderBy("issued_ms", "desc").limit(1000).execute()).map(fromRow);
  }

  async delete(tokenId: string): Promise<void> {
    await this.#db.deleteFrom("tokens").where("token_id", "=", tokenId).execute();
  }

  async deleteOf(owner: { readonly userId?: string; readonly clientId?: string }): Promise<void> {
    let query = this.#db.deleteFrom("tokens");
    if (owner.userId !== undefined) query = query.where("user_id", "=", owner.userId);
    if (owner.clientId !== undefined) query = query.where("client_id", "=", owner.clientId);
    await query.execute();
  }

  /** Forgets what has expired. */
  async prune(nowMs: number): Promise<void> {
    await this.#db.deleteFrom("tokens").where("expires_ms", "<", nowMs).execute();
    await this.#db.deleteFrom("one_time_codes").where("expires_ms", "<", nowMs).execute();
    await this.#db.deleteFrom("sessions").where("expires_ms", "<", nowMs).execute();
  }

  /** A new code; older ones with the same intent end. UAA: ExpiringCodeStore.expireByIntent */
  async saveCode(
    code: string,
    intent: string,
    payload: unknown,
    expiresMs: number,
    replaceIntent: boolean,
  ): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      if (replaceIntent) await trx.deleteFrom("one_time_codes").where("intent", "=", intent).execute();
      await trx
        .insertInto("one_time_codes")
        .values({ code_hash: digest(code), intent, payload: JSON.stringify(payload), expires_ms: expiresMs })
        .execute();
    });
  }

  /** The payload of a code that is still good; it cannot be taken twice. */
  async takeCode(code: string, nowMs: number): Promise<{ readonly intent: string; readonly payload: unknown } | null> {
    const row = await this.#db
      .deleteFrom("one_time_codes")
      .where("code_hash", "=", digest(code))
      .returningAll()
      .executeTakeFirst();
    if (row === undefined || row.expires_ms <= nowMs) return null;
    return { intent: row.intent, payload: JSON.parse(row.payload) as unknown };
  }

  async saveSession(sessionId: string, userId: string, nowMs: number, expiresMs: number): Promise<void> {
    await this.#db
      .insertInto("sessions")
      .values({ session_hash: digest(sessionId), user_id: userId, created_ms: nowMs, expires_ms: expiresMs })
      .execute();
  }

  async session(
    sessionId: string,
    nowMs: number,
  ): Promise<{ readonly userId: string; readonly createdMs: number } | null> {
    const row = await this.#db
      .selectFrom("sessions")
      .selectAll()
      .where("session_hash", "=", digest(sessionId))
      .where("expires_ms", ">", nowMs)
      .executeTakeFirst();
    return row === undefined ? null : { userId: row.user_id, createdMs: row.created_ms };
  }

  async deleteSession(sessionId: string): Promise<void> {
    await this.#db.deleteFrom("sessions").where("session_hash", "=", digest(sessionId)).execute();
  }

  async deleteSessionsOf(userId: string): Promise<void> {
    await this.#db.deleteFrom("sessions").where("user_id", "=", userId).execute();
  }

  async approvals(userId: string): Promise<Approval[]> {
    const rows = await this.#db.selectFrom("approvals").selectAll().where("user_id", "=", userId).execute();
    return rows.map((row) => ({
      userId: row.user_id,
      clientId: row.client_id,
      scope: row.scope,
      status: row.status === "APPROVED" ? "APPROVED" : "DENIED",
      expiresMs: row.expires_ms,
      lastModifiedMs: row.last_modified_ms,
    }));
  }

  async saveApprovals(approvals: readonly Approval[]): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      for (const { userId, clientId, scope, status, expiresMs, lastModifiedMs } of approvals) {
        const answer = { status, expires_ms: expiresMs, last_modified_ms: lastModifiedMs };
        await trx
          .insertInto("approvals")
          .values({ user_id: userId, client_id: clientId, scope, ...answer })
          .onConflict((conflict) => conflict.columns(["user_id", "client_id", "scope"]).doUpdateSet(answer))
          .execute();
      }
    });
  }

  async deleteApprovals(userId: string, clientId: string): Promise<void> {
    await this.#db.deleteFrom("approvals").where("user_id", "=", userId).where("client_id", "=", clientId).execute();
  }
}

function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function fromRow(row: UaaTables["tokens"]): StoredToken {
  return {
    tokenId: row.token_id,
    clientId: row.client_id,
    userId: row.user_id,
    kind: row.kind === "REFRESH_TOKEN" ? "REFRESH_TOKEN" : "ACCESS_TOKEN",
    issuedMs: row.issued_ms,
    expiresMs: row.expires_ms,
    scope: row.scope.split(" ").filter((scope) => scope !== ""),
  };
}
