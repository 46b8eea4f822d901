/** A person, or rather an account. Names compare without case within one origin. */
export interface User {
  readonly id: string;
  readonly userName: string;
  readonly origin: string;
  readonly email: string;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly phoneNumber: string | null;
  readonly externalId: string | null;
  /** Null: this account cannot sign in with a password here (it comes from another origin). */
  readonly passwordHash: string | null;
  readonly active: boolean;
  readonly verified: boolean;
  /** Counts up with each change; the SCIM ETag. */
  readonly version: number;
  readonly createdMs: number;
  readonly lastModifiedMs: number;
  readonly passwordChangedMs: number;
  readonly lastLogonMs: number | null;
  readonly previousLogonMs: number | null;
  /** The next sign-in may only lead to a new password. UAA: passwordChangeRequired */
  readonly passwordChangeRequired: boolean;
  /** A new value voids every token of the user. UAA: ScimUser.salt */
  readonly tokenSalt: string;
  /** What the provider that vouches for the account said last; null: none did, or it is not to be kept. */
  readonly info: UserInfo | null;
}

/** External groups and custom attributes of somebody, for `/userinfo` and id_tokens. UAA: UserInfo */
export interface UserInfo {
  readonly roles: readonly string[];
  readonly userAttributes: Readonly<Record<string, readonly string[]>>;
}

export interface Group {
  readonly id: string;
  readonly displayName: string;
  readonly description: string | null;
  readonly version: number;
  readonly createdMs: number;
  readonly lastModifiedMs: number;
}

export type MemberType = "USER" | "GROUP";

export interface Membership {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberType: MemberType;
  readonly origin: string;
}

/** A program that asks for tokens. UAA: UaaClientDetails */
export interface OauthClient {
  readonly clientId: string;
  /** Up to two at a time, so that secrets can be rotated without a gap. */
  readonly secretHashes: readonly string[];
  readonly scope: readonly string[];
  readonly authorities: readonly string[];
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
  readonly resourceIds: readonly string[];
  /** Scopes that need no approval of the user; true: all. */
  readonly autoApprove: true | readonly string[];
  readonly accessTokenValiditySeconds: number | null;
  readonly refreshTokenValiditySeconds: number | null;
  /** Further fields (name, allowedproviders …), given back as they came. */
  readonly additional: Readonly<Record<string, unknown>>;
  readonly lastModifiedMs: number;
}

/** A token that can be taken back before it expires. */
export interface StoredToken {
  readonly tokenId: string;
  readonly clientId: string;
  readonly userId: string | null;
  readonly kind: "ACCESS_TOKEN" | "REFRESH_TOKEN";
  readonly issuedMs: number;
  readonly expiresMs: number;
  readonly scope: readonly string[];
  /** What an opaque token stands for; null: the token is a JWT and says it itself. */
  readonly claims: Readonly<Record<string, unknown>> | null;
}

/** A user's yes or no to one scope for one client. */
export interface Approval {
  readonly userId: string;
  readonly clientId: string;
  readonly scope: string;
  readonly status: "APPROVED" | "DENIED";
  readonly expiresMs: number;
  readonly lastModifiedMs: number;
}
