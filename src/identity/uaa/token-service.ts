import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from "jose";
import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import type { OauthClient, StoredToken, User } from "./model.ts";
import { coversScope } from "./scopes.ts";
import { groupNamesOf } from "./sign-in.ts";
import {
  accessTokenClaims,
  type Claims,
  type Grant,
  idTokenClaims,
  refreshTokenClaims,
  revocationSignature,
} from "./token-claims.ts";

/** UAA: TokenPolicy, 12 hours and 30 days */
const ACCESS_TTL_SECONDS = 43_200;
const REFRESH_TTL_SECONDS = 2_592_000;
const REFRESHABLE: ReadonlySet<string> = new Set(["password", "authorization_code", "refresh_token"]);

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

/** Makes the tokens of a grant. Durable when it resolves. `keepRefreshToken`: answered instead of a new one. */
export async function issueTokens(context: UaaContext, grant: Grant, keepRefreshToken?: string): Promise<TokenAnswer> {
  const { client, user } = grant;
  if (grant.scopes.length === 0) throw new UaaError("invalid_token", "No scopes were granted");
  const { config, clock, tokens, file } = context;
  const revocable = config.revocableTokens ?? true;
  const issuedAt = Math.floor(clock.nowMs() / 1000);
  const ttl = client.accessTokenValiditySeconds ?? config.accessTokenTtlSeconds ?? ACCESS_TTL_SECONDS;
  const tokenId = newTokenId(context);
  const issue = { issuer: config.issuerUrl, issuedAt, expiresAt: issuedAt + ttl, tokenId, revocable };
  const accessToken = await sign(context, accessTokenClaims(grant, issue));
  const stored: StoredToken[] = [];
  const remember = (id: string, kind: StoredToken["kind"], expiresAt: number): void => {
    if (!revocable) return;
    const { clientId } = client;
    const times = { issuedMs: issuedAt * 1000, expiresMs: expiresAt * 1000 };
    stored.push({ tokenId: id, clientId, userId: user?.id ?? null, kind, scope: grant.scopes, ...times });
  };
  remember(tokenId, "ACCESS_TOKEN", issue.expiresAt);

  let refreshToken = keepRefreshToken;
  if (
    refreshToken === undefined &&
    user !== null &&
    client.grantTypes.includes("refresh_token") &&
    REFRESHABLE.has(grant.grantType)
  ) {
    const refreshTtl = client.refreshTokenValiditySeconds ?? config.refreshTokenTtlSeconds ?? REFRESH_TTL_SECONDS;
    const refreshIssue = { ...issue, expiresAt: issuedAt + refreshTtl, tokenId: `${newTokenId(context)}-r` };
    refreshToken = await sign(context, refreshTokenClaims(grant, user, refreshIssue));
    remember(refreshIssue.tokenId, "REFRESH_TOKEN", refreshIssue.expiresAt);
  }
  await tokens.save(stored);
  await file.durable();
  const wantsId = user !== null && grant.scopes.includes("openid") && grant.grantType === "authorization_code";
  return {
    access_token: accessToken,
    token_type: "bearer",
    ...(wantsId ? { id_token: await sign(context, idTokenClaims(grant, user, issue)) } : {}),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    expires_in: ttl - 1,
    scope: grant.scopes.join(" "),
    jti: tokenId,
  };
}

/** Throws `invalid_token` unless we signed it, it has not expired or been revoked, and its user and client still stand. */
export async function verifyToken(
  context: UaaContext,
  token: string,
  kind: "access" | "refresh",
): Promise<VerifiedToken> {
  const claims = await verifySignature(context, token);
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
  if (claims["rev_sig"] !== revocationSignature(client, user)) throw invalid("revocable signature mismatch");
  if (claims["revocable"] === true && (await context.tokens.find(tokenId)) === null) {
    throw invalid("The token expired, was revoked, or the token ID is incorrect.");
  }
  const listed = claims[isRefreshToken ? "granted_scopes" : "scope"];
  const scopes = new Set(Array.isArray(listed) ? listed.map(String) : []);
  if (user !== null) {
    // A user who has left a group loses what it gave at once, not when the token expires.
    const groups = await groupNamesOf(context, user.id);
    for (const scope of scopes) if (![...groups].some((group) => coversScope(scope, group))) scopes.delete(scope);
  }
  return { claims, tokenId, scopes, client, user };
}

async function verifySignature(context: UaaContext, token: string): Promise<Claims> {
  try {
    const key = context.keys.byId.get(decodeProtectedHeader(token).kid ?? "");
    if (key === undefined) throw invalid("Invalid key ID");
    // The issuer is not compared: our signature suffices, and a token outlives a change of the platform's ports.
    const currentDate = new Date(context.clock.nowMs());
    return (await jwtVerify(token, key.publicKey, { algorithms: ["RS256"], currentDate })).payload;
  } catch (error) {
    if (error instanceof UaaError) throw error;
    if (error instanceof errors.JWTExpired) {
      throw invalid(`Token expired at ${new Date(Number(error.payload.exp) * 1000).toISOString()}`);
    }
    throw invalid("Invalid access token format, signature or claims");
  }
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
