import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Approval, StoredToken } from "./model.ts";
import type { UaaTables } from "./schema.ts";
import type { SignInMethod } from "./sign-in-method.ts";

export interface OneTimeCode {
  readonly intent: string;
  readonly payload: unknown;
  readonly expiresMs: number;
}

/** How the user of a browser session signed in; absent: with a password. */
export interface SessionDetails extends Partial<SignInMethod> {
  /** The authorization request that the user is being asked about: the answer counts for this one, whatever it says. */
  readonly authorization?: Readonly<Record<string, string>>;
  /** Of the provider that vouched for the user. */
  readonly providerIdToken?: string;
}

export interface Session {
  readonly userId: string;
  /** When the user signed in. */
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly details: SessionDetails;
}

/** Tokens that can be revoked, one-time codes, browser sessions, approvals. Codes and session ids are kept as hashes. */
export class TokenStore {
  readonly #db: Kysely<UaaTables>;

  constructor(db: Kysely<UaaTables>) {
    this.#db = db;
  }

  /** `replaced`: a token that ends with this; false when it had ended already, and then nothing is saved. */
  async save(tokens: readonly StoredToken[], replaced: string | null = null): Promise<boolean> {
    const rows = tokens.map((token) => ({
      token_id: token.tokenId,
      client_id: token.clientId,
      user_id: token.userId,
      kind: token.kind,
      issued_ms: token.issuedMs,
      expires_ms: token.expiresMs,
      scope: token.scope.join(" "),
      claims: token.claims === null ? null : JSON.stringify(token.claims),
    }));
    if (replaced === null) {
      if (rows.length > 0) await this.#db.insertInto("tokens").values(rows).execute();
      return true;
    }
    return await this.#db.transaction().execute(async (trx) => {
      const { numDeletedRows } = await trx
        .deleteFrom("tokens")
        .where("token_id", "=", replaced)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) return false;
      if (rows.length > 0) await trx.insertInto("tokens").values(rows).execute();
      return true;
    });
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

  async deleteRefreshTokens(userId: string, clientId: string): Promise<void> {
    await this.#db
      .deleteFrom("tokens")
      .where("user_id", "=", userId)
      .where("client_id", "=", clientId)
      .where("kind", "=", "REFRESH_TOKEN")
      .execute();
  }

  /** Forgets what has expired. */
  async prune(nowMs: number): Promise<void> {
    await this.#db.deleteFrom("tokens").where("expires_ms", "<", nowMs).execute();
    await this.#db.deleteFrom("one_time_codes").where("expires_ms", "<", nowMs).execute();
    await this.#db.deleteFrom("sessions").where("expires_ms", "<", nowMs).execute();
  }

  /** A new code. With `replaceIntent` older ones with the same intent end. UAA: ExpiringCodeStore.expireByIntent */
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
  async takeCode(code: string, nowMs: number): Promise<OneTimeCode | null> {
    const row = await this.#db
      .deleteFrom("one_time_codes")
      .where("code_hash", "=", digest(code))
      .returningAll()
      .executeTakeFirst();
    if (row === undefined || row.expires_ms <= nowMs) return null;
    return toCode(row);
  }

  /** A code that is still good, without taking it. */
  async peekCode(code: string, nowMs: number): Promise<OneTimeCode | null> {
    const row = await this.#db
      .selectFrom("one_time_codes")
      .selectAll()
      .where("code_hash", "=", digest(code))
      .where("expires_ms", ">", nowMs)
      .executeTakeFirst();
    return row === undefined ? null : toCode(row);
  }

  async saveSession(sessionId: string, session: Session): Promise<void> {
    await this.#db
      .insertInto("sessions")
      .values({
        session_hash: digest(sessionId),
        user_id: session.userId,
        created_ms: session.createdMs,
        expires_ms: session.expiresMs,
        details: JSON.stringify(session.details),
      })
      .execute();
  }

  async session(sessionId: string, nowMs: number): Promise<Session | null> {
    const row = await this.#db
      .selectFrom("sessions")
      .selectAll()
      .where("session_hash", "=", digest(sessionId))
      .where("expires_ms", ">", nowMs)
      .executeTakeFirst();
    if (row === undefined) return null;
    const details = JSON.parse(row.details) as SessionDetails;
    return { userId: row.user_id, createdMs: row.created_ms, expiresMs: row.expires_ms, details };
  }

  async changeSession(sessionId: string, details: SessionDetails): Promise<void> {
    await this.#db
      .updateTable("sessions")
      .set({ details: JSON.stringify(details) })
      .where("session_hash", "=", digest(sessionId))
      .execute();
  }

  async extendSession(sessionId: string, expiresMs: number): Promise<void> {
    await this.#db
      .updateTable("sessions")
      .set({ expires_ms: expiresMs })
      .where("session_hash", "=", digest(sessionId))
      .execute();
  }

  async deleteSession(sessionId: string): Promise<void> {
    await this.#db.deleteFrom("sessions").where("session_hash", "=", digest(sessionId)).execute();
  }

  /** The user has to sign in anew, everywhere. */
  async deleteTokensAndSessionsOf(userId: string): Promise<void> {
    await this.deleteOf({ userId });
    await this.#db.deleteFrom("sessions").where("user_id", "=", userId).execute();
  }

  async approvals(userId: string): Promise<Approval[]> {
    return await this.approvalsOf([userId]);
  }

  async approvalsOf(userIds: readonly string[]): Promise<Approval[]> {
    if (userIds.length === 0) return [];
    const rows = await this.#db.selectFrom("approvals").selectAll().where("user_id", "in", userIds).execute();
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
      for (const approval of approvals) await saveApproval(trx, approval);
    });
  }

  /** In place of all that the user has said, or of what was said about one client. */
  async replaceApprovals(userId: string, clientId: string | null, approvals: readonly Approval[]): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      let old = trx.deleteFrom("approvals").where("user_id", "=", userId);
      if (clientId !== null) old = old.where("client_id", "=", clientId);
      await old.execute();
      for (const approval of approvals) await saveApproval(trx, approval);
    });
  }

  async deleteApprovals(userId: string, clientId: string): Promise<void> {
    await this.#db.deleteFrom("approvals").where("user_id", "=", userId).where("client_id", "=", clientId).execute();
  }
}

/** Of two answers to the same question the later one counts. */
async function saveApproval(db: Kysely<UaaTables>, approval: Approval): Promise<void> {
  const { userId, clientId, scope, status, expiresMs, lastModifiedMs } = approval;
  const answer = { status, expires_ms: expiresMs, last_modified_ms: lastModifiedMs };
  await db
    .insertInto("approvals")
    .values({ user_id: userId, client_id: clientId, scope, ...answer })
    .onConflict((conflict) => conflict.columns(["user_id", "client_id", "scope"]).doUpdateSet(answer))
    .execute();
}

function toCode(row: UaaTables["one_time_codes"]): OneTimeCode {
  return { intent: row.intent, payload: JSON.parse(row.payload) as unknown, expiresMs: row.expires_ms };
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
    claims: row.claims === null ? null : (JSON.parse(row.claims) as Record<string, unknown>),
  };
}
