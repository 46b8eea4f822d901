import { createHash } from "node:crypto";
import type { OauthClient, User } from "./model.ts";
import { audienceOf } from "./scopes.ts";

/** The one zone that we have. */
export const ZONE_ID = "uaa";

export type Claims = Readonly<Record<string, unknown>>;

/** What a pair of tokens says; times in seconds since the epoch, as the claims have them. */
export interface Grant {
  readonly client: OauthClient;
  /** Null: the client speaks for itself. */
  readonly user: User | null;
  readonly grantType: string;
  readonly scopes: readonly string[];
  readonly authTime: number | null;
  readonly nonce: string | null;
}

export interface Issue {
  readonly issuer: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly tokenId: string;
  readonly revocable: boolean;
}

/** The claims of an access token. UAA: UaaTokenServices.createJWTAccessToken */
export function accessTokenClaims(grant: Grant, issue: Issue): Claims {
  const { client, user } = grant;
  const clientId = client.clientId;
  return {
    jti: issue.tokenId,
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    ...(client.secretHashes.length === 0 ? { client_auth_method: "none" } : {}),
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
          ...(grant.authTime === null ? {} : { auth_time: grant.authTime }),
        }),
    rev_sig: revocationSignature(client, user),
    iat: issue.issuedAt,
    exp: issue.expiresAt,
    iss: issue.issuer,
    zid: ZONE_ID,
    aud: audienceOf(clientId, grant.scopes),
  };
}

/** The claims of a refresh token. UAA: RefreshTokenCreator.buildJwtToken */
export function refreshTokenClaims(grant: Grant, user: User, issue: Issue): Claims {
  const clientId = grant.client.clientId;
  return {
    jti: issue.tokenId,
    sub: user.id,
    iat: issue.issuedAt,
    exp: issue.expiresAt,
    cid: clientId,
    client_id: clientId,
    iss: issue.issuer,
    zid: ZONE_ID,
    aud: audienceOf(clientId, grant.scopes),
    granted_scopes: grant.scopes,
    amr: ["pwd"],
    ...(grant.authTime === null ? {} : { auth_time: grant.authTime }),
    grant_type: grant.grantType,
    user_name: user.userName,
    origin: user.origin,
    user_id: user.id,
    ...(issue.revocable ? { revocable: true } : {}),
    rev_sig: revocationSignature(grant.client, user),
  };
}

/** The claims of an OpenID Connect id_token. UAA: IdTokenCreator */
export function idTokenClaims(grant: Grant, user: User, issue: Issue): Claims {
  const clientId = grant.client.clientId;
  return {
    sub: user.id,
    aud: [clientId],
    iss: issue.issuer,
    exp: issue.expiresAt,
    iat: issue.issuedAt,
    amr: ["pwd"],
    azp: clientId,
    scope: ["openid"],
    email: user.email,
    ...(grant.nonce === null ? {} : { nonce: grant.nonce }),
    origin: user.origin,
    jti: issue.tokenId,
    ...(user.previousLogonMs === null ? {} : { previous_logon_time: user.previousLogonMs }),
    email_verified: user.verified,
    client_id: clientId,
    cid: clientId,
    grant_type: grant.grantType,
    user_name: user.userName,
    user_id: user.id,
    rev_sig: revocationSignature(grant.client, user),
    zid: ZONE_ID,
    ...(grant.authTime === null ? {} : { auth_time: grant.authTime }),
  };
}

/**
 * Ties a token to the secret of its client and to the password and names of its user: when one of them changes, the
 * token is void. UAA: UaaTokenUtils.getRevocableTokenSignature (there a 32-bit hash too)
 */
export function revocationSignature(client: OauthClient, user: User | null): string {
  const hash = createHash("sha256");
  const salt = client.additional["token_salt"];
  const parts = [
    client.clientId,
    ...client.secretHashes,
    typeof salt === "string" ? salt : "",
    user?.id,
    user?.passwordHash,
    user?.email,
    user?.userName,
  ];
  for (const part of parts) hash.update(`${part ?? ""}\0`);
  return hash.digest("hex").slice(0, 8);
}
