import { createHash } from "node:crypto";
import type { OauthClient, User } from "./model.ts";
import { audienceOf } from "./scopes.ts";
import type { SignInMethod } from "./sign-in-method.ts";

/** The default zone. */
export const ZONE_ID = "uaa";

export type Claims = Readonly<Record<string, unknown>>;

/**
 * How a client proved who it is. `empty`: with the empty secret, as `cf` does; `none`: not at all (a public client with
 * PKCE). UAA: TokenConstants.CLIENT_AUTH_*
 */
export type ClientAuthMethod = "secret" | "empty" | "none" | "private_key_jwt";

/** When and how a user signed in. */
export interface Authentication extends SignInMethod {
  /** Seconds since the epoch. */
  readonly authTime: number | null;
}

/** What a set of tokens says; times in seconds since the epoch, as the claims have them. */
export interface Grant {
  readonly client: OauthClient;
  readonly clientAuth: ClientAuthMethod;
  /** Null: the client speaks for itself. */
  readonly user: User | null;
  readonly authentication: Authentication | null;
  readonly grantType: string;
  readonly scopes: readonly string[];
  readonly nonce: string | null;
  /** `token_format=opaque`: the bearer gets the token's id alone. */
  readonly opaque: boolean;
}

export interface Issue {
  readonly zoneId: string;
  readonly issuer: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly tokenId: string;
  readonly revocable: boolean;
}

/** The claims of an access token. UAA: UaaTokenServices.createJWTAccessToken */
export function accessTokenClaims(grant: Grant, issue: Issue): Claims {
  const { client, user, authentication } = grant;
  const clientId = client.clientId;
  return {
    jti: issue.tokenId,
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    ...clientAuthClaim(grant),
    sub: user?.id ?? clientId,
    ...(user === null ? { authorities: client.authorities } : {}),
    scope: grant.scopes,
    client_id: clientId,
    cid: clientId,
    azp: clientId,
    ...(issue.revocable ? { revocable: true } : {}),
    grant_type: grant.grantType,
    ...(user === null
      ? {}
      : {
          user_id: user.id,
          origin: user.origin,
          user_name: user.userName,
          email: user.email,
          ...authTimeClaim(authentication),
        }),
    rev_sig: revocationSignature(client, newestSecretHash(client), user),
    iat: issue.issuedAt,
    exp: issue.expiresAt,
    iss: issue.issuer,
    zid: issue.zoneId,
    aud: audienceOf(clientId, grant.scopes),
  };
}

/** The claims of a refresh token. UAA: RefreshTokenCreator.buildJwtToken */
export function refreshTokenClaims(grant: Grant, user: User, issue: Issue): Claims {
  const { client, authentication } = grant;
  const clientId = client.clientId;
  return {
    jti: issue.tokenId,
    sub: user.id,
    iat: issue.issuedAt,
    exp: issue.expiresAt,
    cid: clientId,
    client_id: clientId,
    iss: issue.issuer,
    zid: issue.zoneId,
    aud: audienceOf(clientId, grant.scopes),
    granted_scopes: grant.scopes,
    amr: authentication?.authMethods ?? [],
    ...authTimeClaim(authentication),
    ...acrClaim(authentication),
    ...clientAuthClaim(grant),
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    grant_type: grant.grantType,
    user_name: user.userName,
    origin: user.origin,
    user_id: user.id,
    ...(issue.revocable ? { revocable: true } : {}),
    rev_sig: revocationSignature(client, newestSecretHash(client), user),
  };
}

/** The claims of an OpenID Connect id_token. UAA: IdTokenCreator */
export function idTokenClaims(grant: Grant, user: User, issue: Issue): Claims {
  const { client, authentication, scopes } = grant;
  const clientId = client.clientId;
  const given = <T>(name: string, value: T | null | undefined): Record<string, T> =>
    value === null || value === undefined ? {} : { [name]: value };
  const withProfile = scopes.includes("profile");
  const roles = authentication?.roles ?? [];
  return {
    sub: user.id,
    aud: [clientId],
    iss: issue.issuer,
    exp: issue.expiresAt,
    iat: issue.issuedAt,
    ...authTimeClaim(authentication),
    amr: authentication?.authMethods ?? [],
    ...acrClaim(authentication),
    azp: clientId,
    ...(withProfile ? given("given_name", user.givenName) : {}),
    ...(withProfile ? given("family_name", user.familyName) : {}),
    ...given("previous_logon_time", user.previousLogonMs),
    ...(withProfile ? given("phone_number", user.phoneNumber) : {}),
    ...(scopes.includes("roles") && roles.length > 0 ? { roles } : {}),
    ...(scopes.includes("user_attributes") ? given("user_attributes", authentication?.userAttributes) : {}),
    email_verified: user.verified,
    ...given("nonce", grant.nonce),
    email: user.email,
    client_id: clientId,
    cid: clientId,
    grant_type: grant.grantType,
    user_name: user.userName,
    user_id: user.id,
    zid: issue.zoneId,
    origin: user.origin,
    scope: ["openid"],
    jti: issue.tokenId,
    rev_sig: revocationSignature(client, newestSecretHash(client), user),
  };
}

/** Told to resource servers only when the client proved less than a secret, or more. */
function clientAuthClaim({ clientAuth }: Grant): Claims {
  if (clientAuth === "secret") return {};
  return { client_auth_method: clientAuth === "empty" ? "none" : clientAuth };
}

function authTimeClaim(authentication: Authentication | null): Claims {
  return authentication === null || authentication.authTime === null ? {} : { auth_time: authentication.authTime };
}

function acrClaim(authentication: Authentication | null): Claims {
  const values = authentication?.acr ?? [];
  return values.length === 0 ? {} : { acr: { values } };
}

function newestSecretHash(client: OauthClient): string | null {
  return client.secretHashes.at(-1) ?? null;
}

/** Whether the token's user and client are still as they were when it was made; any present secret of the client counts. */
export function isStillSigned(signature: unknown, client: OauthClient, user: User | null): boolean {
  const hashes = client.secretHashes.length === 0 ? [null] : client.secretHashes;
  return hashes.some((hash) => revocationSignature(client, hash, user) === signature);
}

/**
 * Ties a token to the secret of its client and to the password and names of its user: when one of them changes, the
 * token is void. UAA: UaaTokenUtils.getRevocableTokenSignature (there a 32-bit hash too)
 */
function revocationSignature(client: OauthClient, secretHash: string | null, user: User | null): string {
  const hash = createHash("sha256");
  const clientSalt = client.additional["token_salt"];
  const parts = [
    client.clientId,
    ...(secretHash === null ? [] : [secretHash]),
    typeof clientSalt === "string" ? clientSalt : "",
    user?.id,
    user?.passwordHash,
    user?.email,
    user?.userName,
  ];
  for (const part of parts) hash.update(`${part ?? ""}\0`);
  if (user !== null && user.tokenSalt !== "") hash.update(user.tokenSalt);
  return hash.digest("hex").slice(0, 8);
}
