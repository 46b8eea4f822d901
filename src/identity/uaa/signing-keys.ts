import { createHash, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { CryptoKey, JWK } from "jose";
import type { Kysely } from "kysely";
import type { Clock } from "../../kit/clock.ts";
import type { Durable } from "../../kit/database.ts";
import type { UaaTables } from "./schema.ts";

export interface SigningKey {
  /** Never used twice: who keeps keys by name cannot take a new key for an old one. */
  readonly id: string;
  readonly createdMs: number;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
  /** SubjectPublicKeyInfo, the `value` of /token_key. */
  readonly publicPem: string;
}

/** A key that is not there, or that may not go because it signs. */
export class SigningKeyError extends Error {}

/** Another process may have rotated; a token with a made-up key id must not make us read at every request. */
const READ_AGAIN_AFTER_MS = 5_000;

/**
 * The newest key signs, all that are left verify: after a rotation tokens of the old key are good until it is removed or
 * they expire. Never empty.
 */
export class SigningKeys {
  readonly #db: Kysely<UaaTables>;
  readonly #database: Durable;
  readonly #clock: Clock;
  #byId: ReadonlyMap<string, SigningKey> = new Map();
  #active: SigningKey | null = null;
  #readAtMs = 0;

  private constructor(db: Kysely<UaaTables>, database: Durable, clock: Clock) {
    this.#db = db;
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * The keys of the store. The first start makes one (2,048 bits, off the main thread, a fraction of a second); later
   * starts only read.
   */
  static async load(db: Kysely<UaaTables>, database: Durable, clock: Clock): Promise<SigningKeys> {
    const keys = new SigningKeys(db, database, clock);
    await keys.#read();
    if (keys.#active === null) await keys.#add((made) => made === 0);
    return keys;
  }

  get active(): SigningKey {
    return this.#active!;
  }

  get all(): readonly SigningKey[] {
    return [...this.#byId.values()];
  }

  /** Changes with the set of keys; the ETag of /token_keys. */
  get version(): string {
    return createHash("sha256")
      .update([...this.#byId.keys()].join("\n"))
      .digest("hex")
      .slice(0, 16);
  }

  async find(id: string): Promise<SigningKey | null> {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    if (this.#clock.steadyMs() - this.#readAtMs < READ_AGAIN_AFTER_MS) return null;
    await this.#read();
    return this.#byId.get(id) ?? null;
  }

  /** Makes a key and signs with it once it is on disk: no token may outlive its key. */
  async rotate(): Promise<SigningKey> {
    await this.#add(() => true);
    return this.active;
  }

  /** Adds a key when the number of those that were ever made says so: of two who start at once one makes it. */
  async #add(isWanted: (made: number) => boolean): Promise<void> {
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    const privateJwk = JSON.stringify(privateKey.export({ format: "jwk" }));
    await this.#db.transaction().execute(async (trx) => {
      const { made } = await trx
        .selectFrom("signing_keys")
        .select((eb) => eb.fn.countAll<number>().as("made"))
        .executeTakeFirstOrThrow();
      if (!isWanted(made)) return;
      const row = { id: `key-${made + 1}`, private_jwk: privateJwk, created_ms: this.#clock.nowMs(), removed_ms: null };
      await trx.insertInto("signing_keys").values(row).execute();
    });
    await this.#database.durable();
    await this.#read();
  }

  /** Tokens of this key are void from now on. Durable. Throws `SigningKeyError`. */
  async remove(id: string): Promise<void> {
    await this.#read();
    if (!this.#byId.has(id)) throw new SigningKeyError(`there is no signing key ${id}`);
    if (this.active.id === id) throw new SigningKeyError(`${id} signs; rotate first`);
    // The row stays, so that its name is not given again; what it could sign with goes.
    const gone = { private_jwk: "", removed_ms: this.#clock.nowMs() };
    await this.#db.updateTable("signing_keys").set(gone).where("id", "=", id).execute();
    await this.#read();
    await this.#database.durable();
  }

  async #read(): Promise<void> {
    this.#readAtMs = this.#clock.steadyMs();
    const rows = await this.#db.selectFrom("signing_keys").selectAll().where("removed_ms", "is", null).execute();
    rows.sort((a, b) => numberOf(a.id) - numberOf(b.id)); // not by time: a clock may go backwards
    const byId = new Map<string, SigningKey>();
    for (const row of rows) {
      byId.set(row.id, this.#byId.get(row.id) ?? (await importKey(row.id, row.private_jwk, row.created_ms)));
    }
    this.#byId = byId;
    this.#active = [...byId.values()].at(-1) ?? null;
  }
}

/** `key-7` is the seventh that was made. */
function numberOf(id: string): number {
  return Number(id.slice("key-".length));
}

async function importKey(id: string, text: string, createdMs: number): Promise<SigningKey> {
  const { exportSPKI, importJWK } = await import("jose");
  const privateJwk = JSON.parse(text) as JWK;
  const { kty, n, e } = privateJwk;
  const publicJwk = { kty: kty!, n: n!, e: e! };
  const privateKey = (await importJWK(privateJwk, "RS256")) as CryptoKey;
  const publicKey = (await importJWK(publicJwk, "RS256", { extractable: true })) as CryptoKey;
  const publicPem = await exportSPKI(publicKey);
  return { id, createdMs, privateKey, publicKey, publicJwk, publicPem };
}
