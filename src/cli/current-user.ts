export interface CurrentUser {
  readonly name: string;
  readonly guid: string;
  readonly origin: string;
  readonly isClient: boolean;
}

/** The claims of a token as `bearer x.y.z` or `x.y.z`; null when it is none. Nothing is verified. */
export function tokenClaims(token: string): Readonly<Record<string, unknown>> | null {
  const payload = token.replace(/^bearer /i, "").split(".")[1];
  if (payload === undefined) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Whom the access token speaks for; a client has no user name. cli: util/configv3/json_config.go, decodeUserFromJWT */
export function currentUserOf(accessToken: string): CurrentUser | null {
  const claims = accessToken === "" ? null : tokenClaims(accessToken);
  if (claims === null) return null;
  const text = (name: string): string => (typeof claims[name] === "string" ? claims[name] : "");
  if (text("user_name") !== "") {
    return { name: text("user_name"), guid: text("user_id"), origin: text("origin"), isClient: false };
  }
  return { name: text("client_id"), guid: text("client_id"), origin: "", isClient: true };
}
