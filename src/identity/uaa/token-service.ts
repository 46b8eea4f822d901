import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from "jose";
import { isApproved, JWT_BEARER } from "./approval.ts";
import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import type { OauthClient, StoredToken, User } from "./model.ts";
import { coversScope, hasRequiredGroups } from "./scopes.ts";
import { groupNamesOf } from "./sign-in.ts";
import {
  accessTokenClaims,
  type Claims,
  type Grant,
  idTokenClaims,
  isStillSigned,
  refreshTokenClaims,
} from "./token-claims.ts";

/** UAA: TokenPolicy, 12 hours and 30 days */
const ACCESS_TTL_SECONDS = 43_200;
const REFRESH_TTL_SECONDS = 2_592_000;
/** UAA: RefreshTokenCreator.isRefreshTokenSupported */
const REFRESHABLE: ReadonlySet<string> = new Set([
  "password",
  "authorization_code",
  "refresh_token",
  "user_token",
  JWT_BEARER,
]);
/** UAA: IdTokenGranter */
const WITH_ID_TOKEN: ReadonlySet<string> = new Set(["authorization_code", "password", "implicit", "refresh_token"]);

/** The JSON answer of the token endpoint. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: "bearer";
  readonly id_token?: string;
  readonly refresh_token?: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly jti: string;
}

/** A token that is good now, and whom it speaks for. */
export interface VerifiedToken {
  readonly claims: Claims;
  readonly tokenId: string;
  readonly scopes: ReadonlySet<string>;
  readonly client: OauthClient;
  readonly user: User | null;
}

/**
 * Makes the tokens of a grant. Durable when it resolves. `refreshed`: the grant is renewed with this refresh token; `none`:
 * there is to be none, because the answer goes through a browser.
 */
export async function issueTokens(
  context: UaaContext,
  grant: Grant,
  refreshed: RefreshedWith | "none" | null = null,
): Promise<TokenAnswer> {
  const { client, user } = grant;
  if (grant.scopes.length === 0) throw new UaaError("invalid_token", "No scopes were granted");
  const { config, clock, tokens, database } = context;
  const revocable = grant.opaque || (config.revocableTokens ?? true);
  const issuedAt = Math.floor(clock.nowMs() / 1000);
  const ttl = client.accessTokenValiditySeconds ?? config.accessTokenTtlSeconds ?? ACCESS_TTL_SECONDS;
  const tokenId = newTokenId(context);
  const times = { issuedAt, expiresAt: issuedAt + ttl };
  const issue = { zoneId: context.zoneId, issuer: config.issuerUrl, ...times, tokenId, revocable };
  const stored: StoredToken[] = [];
  const seal = async (claims: Claims, kind: StoredToken["kind"], opaque: boolean): Promise<string> => {
    const id = String(claims["jti"]);
    if (opaque || claims["revocable"] === true) {
      const owner = { clientId: client.clientId, userId: user?.id ?? null };
      const times = { issuedMs: issuedAt * 1000, expiresMs: Number(claims["exp"]) * 1000 };
      stored.push({ tokenId: id, ...owner, kind, scope: grant.scopes, ...times, claims: opaque ? claims : null });
    }
    return opaque ? id : await sign(context, claims);
  };
  const wantsId = await mayHaveIdToken(context, grant);
  const [accessToken, refreshToken, idToken] = await Promise.all([
    seal(accessTokenClaims(grant, issue), "ACCESS_TOKEN", grant.opaque),
    refreshTokenOf(context, grant, refreshed, issuedAt, seal),
    wantsId ? sign(context, idTokenClaims(grant, user!, issue)) : undefined,
  ]);
  const isUnique = config.refreshTokenUnique === true && stored.some(({ kind }) => kind === "REFRESH_TOKEN");
  if (isUnique && user !== null) await tokens.deleteRefreshTokens(user.id, client.clientId);
  const isRenewal = refreshed !== null && refreshed !== "none";
  const replaced = isRenewal && refreshToken !== refreshed.token ? refreshed.tokenId : null;
  if (!(await tokens.save(stored, replaced))) throw revoked(); // someone has used it a moment ago
  await database.durable();
  return {
    access_token: accessToken,
    token_type: "bearer",
    ...(idToken === undefined ? {} : { id_token: idToken }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    expires_in: ttl - 1,
    scope: grant.scopes.join(" "),
    jti: tokenId,
  };
}

/** The refresh token that a client came with. */
export interface RefreshedWith {
  readonly token: string;
  readonly tokenId: string;
  readonly claims: Claims;
}

/** A new one, the same one again, or (with rotation) one with the old one's claims and end. UAA: RefreshTokenCreator */
async function refreshTokenOf(
  context: UaaContext,
  grant: Grant,
  refreshed: RefreshedWith | "none" | null,
  issuedAt: number,
  seal: (claims: Claims, kind: StoredToken["kind"], opaque: boolean) => Promise<string>,
): Promise<string | undefined> {
  if (refreshed === "none") return undefined;
  const { config } = context;
  const { client, user } = grant;
  // Who proves nothing but this token must not be able to use it twice.
  const rotates = config.refreshTokenRotate === true || grant.clientAuth === "none";
  if (refreshed !== null && !rotates) return refreshed.token;
  const opaque = grant.opaque || config.refreshTokenFormat === "opaque" || grant.grantType === "user_token";
  const tokenId = `${newTokenId(context)}-r`;
  if (refreshed !== null) {
    return await seal({ ...refreshed.claims, jti: tokenId, revocable: true }, "REFRESH_TOKEN", opaque);
  }
  if (user === null || !client.grantTypes.includes("refresh_token") || !REFRESHABLE.has(grant.grantType)) {
    return undefined;
  }
  const ttl = client.refreshTokenValiditySeconds ?? config.refreshTokenTtlSeconds ?? REFRESH_TTL_SECONDS;
  const revocable = opaque || rotates || (config.revocableTokens ?? true);
  const times = { issuedAt, expiresAt: issuedAt + ttl };
  const issue = { zoneId: context.zoneId, issuer: config.issuerUrl, ...times, tokenId, revocable };
  return await seal(refreshTokenClaims(grant, user, issue), "REFRESH_TOKEN", opaque);
}

/** UAA: IdTokenGranter.shouldSendIdToken */
async function mayHaveIdToken(context: UaaContext, { client, user, scopes, grantType }: Grant): Promise<boolean> {
  if (user === null || !WITH_ID_TOKEN.has(grantType)) return false;
  if (!scopes.includes("openid") || !client.scope.includes("openid")) return false;
  return await isApproved(context, user.id, client, ["openid"], grantType);
}

/** Throws `invalid_token` unless we made it, it has not expired or been revoked, and its user and client still stand. */
export async function verifyToken(
  context: UaaContext,
  token: string,
  kind: "access" | "refresh",
): Promise<VerifiedToken> {
  const claims = token.includes(".") ? await verifySignature(context, token) : await opaqueClaims(context, token);
  const tokenId = String(claims["jti"]);
  const isRefreshToken = tokenId.endsWith("-r");
  if (isRefreshToken !== (kind === "refresh")) {
    throw invalid(kind === "refresh" ? "Token is not a refresh token" : "Expected access token but got refresh token");
  }
  const client = await context.clients.find(String(claims["cid"]));
  if (client === null) throw invalid(`Invalid client ID ${String(claims["cid"])}`);
  const userId = claims["user_id"];
  const user = typeof userId === "string" ? await context.users.find(userId) : null;
  if (typeof userId === "string" && (user === null || !user.active)) throw invalid(`Invalid user ID ${userId}`);
  if (!isStillSigned(claims["rev_sig"], client, user)) throw invalid("revocable signature mismatch");
  if (claims["revocable"] === true && (await context.tokens.find(tokenId)) === null) throw revoked();
  const listed = claims[isRefreshToken ? "granted_scopes" : "scope"];
  const scopes = new Set(Array.isArray(listed) ? listed.map(String) : []);
  if (user !== null) {
    // A user who has left a group loses what it gave at once, not when the token expires.
    const groups = await groupNamesOf(context, user.id);
    const names = [...groups];
    for (const scope of scopes) {
      if (!groups.has(scope) && !names.some((group) => coversScope(scope, group))) scopes.delete(scope);
    }
    if (!hasRequiredGroups(client, groups)) throw invalid("User does not meet the client's required group criteria.");
  }
  return { claims, tokenId, scopes, client, user };
}

async function opaqueClaims(context: UaaContext, token: string): Promise<Claims> {
  const stored = await context.tokens.find(token);
  // The id of a JWT is no secret, so it is not taken in the JWT's place.
  if (stored === null || stored.claims === null) throw revoked();
  if (stored.expiresMs <= context.clock.nowMs()) throw expired(stored.expiresMs);
  return stored.claims;
}

/** Verifies a JWT of ours: signature, times, issuer. Throws `invalid_token`. */
export async function verifySignature(context: UaaContext, token: string): Promise<Claims> {
  try {
    const key = await context.keys.find(decodeProtectedHeader(token).kid ?? "");
    if (key === null) throw invalid("Invalid key ID");
    const currentDate = new Date(context.clock.nowMs());
    const limits = { algorithms: ["RS256"], currentDate, requiredClaims: ["exp", "iss", "jti"] };
    const { payload } = await jwtVerify(token, key.publicKey, limits);
    if (!isOwnIssuer(context, payload.iss)) throw invalid(`Invalid issuer (${payload.iss ?? ""}) for token`);
    return payload;
  } catch (error) {
    if (error instanceof UaaError) throw error;
    if (error instanceof errors.JWTExpired) throw expired(Number(error.payload.exp) * 1000);
    throw invalid("Invalid access token format, signature or claims");
  }
}

/** Ports are left aside: a token outlives a change of the platform's ports. */
export function isOwnIssuer(context: UaaContext, issuer: unknown): boolean {
  if (typeof issuer !== "string" || !URL.canParse(issuer)) return false;
  const own = new URL(context.config.issuerUrl);
  const given = new URL(issuer);
  return given.hostname === own.hostname && given.pathname === own.pathname;
}

async function sign(context: UaaContext, claims: Claims): Promise<string> {
  const { id, privateKey } = context.keys.active;
  const header = { alg: "RS256", jku: `${context.config.uaaUrl}/token_keys`, kid: id, typ: "JWT" };
  return await new SignJWT({ ...claims }).setProtectedHeader(header).sign(privateKey);
}

function newTokenId(context: UaaContext): string {
  return Buffer.from(context.secrets.bytes(16)).toString("hex");
}

function invalid(message: string): UaaError {
  return new UaaError("invalid_token", message);
}

function revoked(): UaaError {
  return invalid("The token expired, was revoked, or the token ID is incorrect.");
}

function expired(atMs: number): UaaError {
  return invalid(`Token expired at ${new Date(atMs).toISOString()}`);
}
