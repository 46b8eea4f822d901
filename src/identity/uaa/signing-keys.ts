import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { CryptoKey, JWK } from "jose";
import type { Kysely } from "kysely";
import type { UaaTables } from "./schema.ts";

export interface SigningKey {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
  /** SubjectPublicKeyInfo, the `value` of /token_key. */
  readonly publicPem: string;
}

/** The newest key signs; all verify. Never empty. */
export interface SigningKeys {
  readonly active: SigningKey;
  readonly byId: ReadonlyMap<string, SigningKey>;
  /** Changes with the set of keys; the ETag of /token_keys. */
  readonly version: string;
}

/**
 * The keys of the store. The first start makes one (2,048 bits, off the main thread, a fraction of a second); later
 * starts only read. The caller makes the write durable before the first token leaves.
 */
export async function loadSigningKeys(db: Kysely<UaaTables>, nowMs: number): Promise<SigningKeys> {
  let rows = await db.selectFrom("signing_keys").selectAll().orderBy("created_ms").execute();
  if (rows.length === 0) {
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    const row = { id: "key-1", private_jwk: JSON.stringify(privateKey.export({ format: "jwk" })), created_ms: nowMs };
    await db.insertInto("signing_keys").values(row).execute();
    rows = [row];
  }
  const byId = new Map<string, SigningKey>();
  for (const row of rows) byId.set(row.id, await importKey(row.id, JSON.parse(row.private_jwk) as JWK));
  const newest = rows.at(-1)!;
  return { active: byId.get(newest.id)!, byId, version: String(newest.created_ms) };
}

async function importKey(id: string, privateJwk: JWK): Promise<SigningKey> {
  const { exportSPKI, importJWK } = await import("jose");
  const { kty, n, e } = privateJwk;
  const publicJwk = { kty: kty!, n: n!, e: e! };
  const privateKey = (await importJWK(privateJwk, "RS256")) as CryptoKey;
  const publicKey = (await importJWK(publicJwk, "RS256", { extractable: true })) as CryptoKey;
  const publicPem = await exportSPKI(publicKey);
  return { id, privateKey, publicKey, publicJwk, publicPem };
}
