import { refuse } from "./client-rules.ts";

/** Where the keys of a client are that signs its own assertions (private_key_jwt). UAA: ClientJwtConfiguration */
export type ClientKeys = { readonly jwks_uri: string } | { readonly jwks: { readonly keys: readonly Jwk[] } };
type Jwk = Readonly<Record<string, unknown>>;

const KEYS_MAX = 10;
/** What says nothing about the private half. RFC 7518 */
const PUBLIC_FIELDS: readonly string[] = [
  "kty",
  "kid",
  "use",
  "key_ops",
  "alg",
  "n",
  "e",
  "crv",
  "x",
  "y",
  "x5c",
  "x5t",
];

/** Reads `jwks_uri`, or `jwks` as an object or a text; null when neither is given. Throws `invalid_client` (400). */
export function readClientKeys(body: Readonly<Record<string, unknown>>): ClientKeys | null {
  const { jwks_uri: uri, jwks } = body;
  if (uri !== undefined && uri !== null) {
    if (typeof uri !== "string" || !isKeyAddress(uri)) throw refuse("Client jwt configuration with invalid URI");
    return { jwks_uri: uri };
  }
  if (jwks === undefined || jwks === null) return null;
  return { jwks: { keys: readKeys(jwks) } };
}

/** The keys of both, a newer one in the place of one with its name. */
export function withAddedKeys(before: readonly Jwk[], added: readonly Jwk[]): readonly Jwk[] {
  const names = new Set(added.map(({ kid }) => kid));
  const keys = [...before.filter(({ kid }) => !names.has(kid)), ...added];
  if (keys.length > KEYS_MAX) throw refuse(`Invalid private_key_jwt: at most ${KEYS_MAX} keys`);
  return keys;
}

function readKeys(value: unknown): readonly Jwk[] {
  let parsed = value;
  if (typeof value === "string") {
    try {
      parsed = JSON.parse(value);
    } catch {
      throw refuse("Client jwt configuration cannot be parsed");
    }
  }
  if (typeof parsed !== "object" || parsed === null) throw refuse("Client jwt configuration cannot be parsed");
  const listed = "keys" in parsed ? parsed.keys : [parsed];
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > KEYS_MAX) {
    throw refuse(`Invalid private_key_jwt: jwk set is empty of exceeds to maximum of keys. max: + ${KEYS_MAX}`);
  }
  const names = new Set<string>();
  return listed.map((item: unknown) => {
    const key = typeof item === "object" && item !== null ? (item as Jwk) : {};
    const { kid, kty } = key;
    if (typeof kid !== "string" || kid.trim() === "")
      throw refuse("Invalid private_key_jwt: kid is required attribute");
    if (names.has(kid)) throw refuse("Invalid private_key_jwt: duplicate kid in JWKSet not allowed");
    if (kty !== "RSA" && kty !== "EC") throw refuse("Client jwt configuration cannot be parsed");
    names.add(kid);
    return Object.fromEntries(Object.entries(key).filter(([name]) => PUBLIC_FIELDS.includes(name)));
  });
}

/** Over TLS, or on this machine. UAA: ClientJwtConfiguration.validateJwksUri */
function isKeyAddress(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname } = new URL(uri);
  return protocol === "https:" || (protocol === "http:" && (hostname === "localhost" || hostname === "127.0.0.1"));
}
