export interface UaaUser {
  readonly id: string;
  readonly userName: string;
  readonly origin: string;
}

/** What other components ask of the UAA. */
export interface UaaClient {
  /** JWK set; changes when keys rotate. UAA: GET /token_keys */
  tokenKeys(signal: AbortSignal): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>;
  /** Unknown ids are left out. At most 500 a call. UAA: GET /ids/Users */
  usersById(ids: readonly string[], signal: AbortSignal): Promise<UaaUser[]>;
  /** Any origin when none is given. Names compare without case. */
  usersByName(userNames: readonly string[], origin: string | null, signal: AbortSignal): Promise<UaaUser[]>;
}
