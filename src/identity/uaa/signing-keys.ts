import { createHash, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { CryptoKey, JWK } from "jose";
import type { Kysely } from "kysely";
import type { Clock } from "../../kit/clock.ts";
import type { Sqlite } from "../../kit/sqlite.ts";
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
  readonly #file: Sqlite;
  readonly #clock: Clock;
  #byId: ReadonlyMap<string, SigningKey> = new Map();
  #active: SigningKey | null = null;
  #readAtMs = 0;

  private constructor(db: Kysely<UaaTables>, file: Sqlite, clock: Clock) {
    this.#db = db;
    this.#file = file;
    this.#clock = clock;
  }

  /**
   * The keys of the store. The first start makes one (2,048 bits, off the main thread, a fraction of a second); later
   * starts only read.
   */
  static async load(db: Kysely<UaaTables>, file: Sqlite, clock: Clock): Promise<SigningKeys> {
    const keys = new SigningKeys(db, file, clock);
    await keys.#read();
    if (keys.#active === null) await keys.rotate();
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
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    const privateJwk = JSON.stringify(privateKey.export({ format: "jwk" }));
    const { made } = await this.#db
      .selectFrom("signing_keys")
      .select((eb) => eb.fn.countAll<number>().as("made"))
      .executeTakeFirstOrThrow();
    // Of two who rotate at once one fails on the primary key; nothing is lost.
    const row = { id: `key-${made + 1}`, private_jwk: privateJwk, created_ms: this.#clock.nowMs(), removed_ms: null };
    await this.#db.insertInto("signing_keys").values(row).execute();
    await this.#file.durable();
    await this.#read();
    return this.active;
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
    await this.#file.durable();
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
