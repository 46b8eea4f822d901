import type { BootstrapClient } from "./config.ts";

export interface UaaUser {
  readonly id: string;
  readonly userName: string;
  readonly origin: string;
}

/** A client by which users sign in at the dashboard of a service. CC: lib/services/sso/uaa/uaa_client_manager.rb */
export interface DashboardClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
}

export interface DashboardClientChanges {
  readonly add: readonly DashboardClient[];
  readonly update: readonly DashboardClient[];
  readonly remove: readonly string[];
}

/** What other components ask of the UAA. */
export interface UaaClient {
  /** JWK set; changes when keys rotate. UAA: GET /token_keys */
  tokenKeys(signal: AbortSignal): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
  /** Unknown ids are left out. At most 500 a call. UAA: GET /ids/Users */
  usersById(ids: readonly string[], signal: AbortSignal): Promise<UaaUser[]>;
  /** Any origin when none is given. Names compare without case. */
  usersByName(userNames: readonly string[], origin: string | null, signal: AbortSignal): Promise<UaaUser[]>;
  /**
   * The account with this name and origin, made when there is none yet: its owner will sign in at that origin. Durable.
   * `refused` says why there cannot be such an account. UAA: POST /Users
   */
  ensureShadowUser(
    userName: string,
    origin: string,
    signal: AbortSignal,
  ): Promise<UaaUser | { readonly refused: string }>;
  /** Those of the ids that are clients. UAA: GET /oauth/clients */
  existingClients(ids: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** All of it or nothing, durable. `refused` says why not. UAA: POST /oauth/clients/tx/modify */
  changeDashboardClients(
    changes: DashboardClientChanges,
    signal: AbortSignal,
  ): Promise<{ readonly refused: string } | null>;
}

export interface SigningKeyInfo {
  readonly id: string;
  /** This one signs; the others only verify. */
  readonly active: boolean;
  readonly createdMs: number;
}

/** An account of the default zone. */
export interface OperatorUser extends UaaUser {
  readonly email: string;
  readonly active: boolean;
  readonly createdMs: number;
  readonly lastLogonMs: number | null;
  readonly groups: readonly string[];
}

/** What an operator of the UAA may do; all of it durable once resolved. */
export interface UaaAdmin {
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  /** From the oldest to the newest. */
  signingKeys(signal: AbortSignal): Promise<SigningKeyInfo[]>;
  /** A new key signs from now on; the old ones go on verifying until they are removed. */
  rotateSigningKey(signal: AbortSignal): Promise<SigningKeyInfo>;
  /** Tokens of this key are void from now on. Throws `SigningKeyError` for the key that signs and for an unknown one. */
  removeSigningKey(id: string, signal: AbortSignal): Promise<void>;
  /** Everybody, by name. */
  users(): AsyncIterable<OperatorUser>;
  /** Throws `UaaError` for a name that is taken and a password that breaks the policy. */
  createUser(user: {
    readonly userName: string;
    readonly email: string;
    readonly password: string;
  }): Promise<OperatorUser>;
  /** The account's tokens and sessions end, its lock is opened. Throws `UaaError`, as all that follow, for an unknown name. */
  setUserPassword(userName: string, password: string): Promise<void>;
  /** Who is not active cannot sign in; his tokens and sessions end. Activating opens a lock after failed attempts too. */
  setUserActive(userName: string, active: boolean): Promise<void>;
  /** Groups that do not exist yet are made. */
  changeUserGroups(
    userName: string,
    changes: { readonly grant?: readonly string[]; readonly revoke?: readonly string[] },
  ): Promise<OperatorUser>;
  /** Registers the clients anew, with other secrets perhaps; tokens of those whose secret changed are void. */
  registerClients(clients: readonly BootstrapClient[]): Promise<void>;
}
