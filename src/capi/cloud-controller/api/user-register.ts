import type { Kysely } from "kysely";
import type { Clock } from "../../../kit/clock.ts";
import type { CcDatabase } from "../store/schema.ts";
import type { Caller } from "./request.ts";

/** Guids remembered, so that most requests need no query. */
const REMEMBERED_MAX = 10_000;

/** Writes down each user and client at first sight: roles and events point at them. CC: security_context_configurer.rb */
export class UserRegister {
  readonly #db: Kysely<CcDatabase>;
  readonly #clock: Clock;
  readonly #known = new Set<string>();

  constructor(db: Kysely<CcDatabase>, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async seen(caller: Caller): Promise<void> {
    if (this.#known.has(caller.guid)) return;
    await this.ensure(this.#db, caller.guid, caller.isClient);
    if (this.#known.size >= REMEMBERED_MAX) this.#known.clear();
    this.#known.add(caller.guid);
  }

  /** Idempotent. */
  async ensure(db: Kysely<CcDatabase>, guid: string, isClient = false): Promise<void> {
    const now = this.#clock.nowMs();
    await db
      .insertInto("users")
      .values({ guid, created_at: now, updated_at: now, is_oauth_client: isClient ? 1 : 0 })
      .onConflict((conflict) => conflict.column("guid").doNothing())
      .execute();
  }

  /** After `DELETE /v3/users/:guid`. */
  forget(guid: string): void {
    this.#known.delete(guid);
  }
}
