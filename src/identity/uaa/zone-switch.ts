import type { IncomingHttpHeaders } from "node:http";
import { UaaError } from "./errors.ts";
import { SWITCHED_POWERS } from "./identity-zone.ts";
import type { VerifiedToken } from "./token-service.ts";

/** By which a request to the default zone acts in another one. UAA: IdentityZoneSwitchingFilter */
export interface ZoneSwitch {
  readonly id: string | null;
  readonly subdomain: string | null;
}

export function zoneSwitchOf(headers: IncomingHttpHeaders): ZoneSwitch | null {
  const id = headers["x-identity-zone-id"];
  const subdomain = headers["x-identity-zone-subdomain"];
  const text = (value: string | string[] | undefined): string | null =>
    typeof value === "string" && value !== "" ? value : null;
  const wanted = { id: text(id), subdomain: text(subdomain) };
  return wanted.id === null && wanted.subdomain === null ? null : wanted;
}

/**
 * A token of the default zone as it counts in another: of `zones.ID.clients.read` remains `clients.read`, while
 * `zones.ID.admin`, `zones.ID.read` and `uaa.admin`, which rules all zones, keep their names. Everything else, and the user,
 * stays behind. Throws `access_denied` when nothing remains.
 */
export function switchedToken(token: VerifiedToken, zoneId: string): VerifiedToken {
  const scopes = new Set<string>();
  if (token.scopes.has("uaa.admin")) scopes.add("uaa.admin");
  for (const power of SWITCHED_POWERS) {
    const scope = `zones.${zoneId}.${power}`;
    if (token.scopes.has(scope)) scopes.add(power === "admin" || power === "read" ? scope : power);
  }
  if (scopes.size === 0) {
    throw new UaaError("access_denied", `User is not authorized to switch to IdentityZone with id ${zoneId}`);
  }
  // No client of the zone can be called so: a namesake's tokens and secrets are not the caller's own.
  const client = { ...token.client, clientId: `uaa/${token.client.clientId}` };
  return { ...token, scopes, client, user: null };
}
