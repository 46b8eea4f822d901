import { JWT_BEARER } from "./approval.ts";
import { UaaError } from "./errors.ts";
import type { OauthClient } from "./model.ts";
import { coversScope } from "./scopes.ts";

/** UAA: UaaScopes */
export const RESTRICTED_SCOPES: readonly string[] = [
  "zones.read",
  "zones.write",
  "zones.*.admin",
  "zones.*.read",
  "zones.*.clients.admin",
  "zones.*.clients.read",
  "zones.*.clients.write",
  "zones.*.scim.read",
  "zones.*.scim.create",
  "zones.*.scim.write",
  "zones.*.idps.read",
  "idps.read",
  "idps.write",
  "clients.admin",
  "clients.write",
  "clients.read",
  "clients.secret",
  "clients.trust",
  "scim.write",
  "scim.read",
  "scim.create",
  "scim.userids",
  "scim.zones",
  "scim.invite",
  "password.write",
  "oauth.approval",
  "oauth.login",
  "openid",
  "groups.update",
  "uaa.user",
  "uaa.resource",
  "uaa.admin",
  "uaa.none",
  "uaa.offline_token",
];
/** UAA: ClientAdminEndpointsValidator.NON_ADMIN_INVALID_GRANTS, NON_ADMIN_VALID_AUTHORITIES */
const ONLY_FOR_ADMINS: ReadonlySet<string> = new Set(["password"]);
const AUTHORITIES_FOR_ALL: readonly string[] = ["uaa.none"];
/** UAA: reservedClientIds */
const RESERVED_IDS: ReadonlySet<string> = new Set(["uaa"]);
const REFRESHED: readonly string[] = ["authorization_code", "password"];

/** Who registers a client; null: somebody who may do anything. */
export interface Registrar {
  readonly clientId: string;
  readonly scope: readonly string[];
}

/** A client that may code grants or passwords gets refresh tokens too. UAA: ClientAdminEndpointsValidator.validate */
export function withRefreshGrant(client: OauthClient): OauthClient {
  const needs = client.grantTypes.some((type) => REFRESHED.includes(type));
  if (!needs || client.grantTypes.includes("refresh_token")) return client;
  return { ...client, grantTypes: [...client.grantTypes, "refresh_token"] };
}

/** What only a new client is asked. `hasSecret`: one came along that is not empty. Throws `invalid_client` (400). */
export function checkNewClient(client: OauthClient, hasSecret: boolean): void {
  const { clientId, grantTypes } = client;
  if (RESERVED_IDS.has(clientId)) throw refuse(`Not allowed: ${clientId} is a reserved client_id`);
  if (/[/\\\s\0]/.test(clientId)) throw refuse(`Not allowed characters: ${clientId} must not contain any of [/, \\]`);
  if (grantTypes.includes("implicit") && hasSecret) throw refuse("Implicit grant should not have a client_secret");
  if (hasSecret) return;
  if (grantTypes.includes(JWT_BEARER)) throw refuse(`Client secret is required for grant type ${JWT_BEARER}`);
  if (grantTypes.includes("client_credentials")) {
    throw refuse("Client secret is required for client_credentials grant type");
  }
}

/** Whoever may write clients but is no administrator can pass on only what he has. Throws `invalid_client` (400). */
export function checkRegistrar(client: OauthClient, registrar: Registrar | null): void {
  if (registrar === null) return;
  for (const type of client.grantTypes) {
    if (ONLY_FOR_ADMINS.has(type)) throw refuse(`${type} is not an allowed grant type for non-admin caller.`);
  }
  if (client.grantTypes.includes("implicit") && client.grantTypes.includes("authorization_code")) {
    throw refuse("Not allowed: implicit grant type is not allowed together with authorization_code");
  }
  const prefix = `${registrar.clientId}.`;
  for (const scope of client.scope) {
    if (scope === "uaa.none" || scope.startsWith(prefix) || registrar.scope.includes(scope)) continue;
    const allowed = registrar.scope.join(", ");
    throw refuse(
      `${scope} is not an allowed scope for caller=${registrar.clientId}. Must have prefix in [${prefix}] or be one of: [${allowed}]`,
    );
  }
  const isResource = client.grantTypes.includes("client_credentials");
  const authorities = isResource ? [...AUTHORITIES_FOR_ALL, "uaa.resource"] : AUTHORITIES_FOR_ALL;
  for (const authority of client.authorities) {
    if (authorities.includes(authority)) continue;
    const allowed = authorities.join(", ");
    throw refuse(
      `${authority} is not an allowed authority for caller=${registrar.clientId}. Must be one of: [${allowed}]`,
    );
  }
}

/** A restricted client has no power over the UAA. Throws `invalid_client` (400). UAA: RestrictUaaScopesClientValidator */
export function checkRestricted(client: OauthClient): void {
  const isRestricted = (scope: string): boolean =>
    scope !== "uaa.none" && RESTRICTED_SCOPES.some((restricted) => coversScope(restricted, scope));
  for (const scope of client.scope) if (isRestricted(scope)) throw refuse(`${scope} is a restricted scope.`);
  for (const authority of client.authorities) {
    if (isRestricted(authority)) throw refuse(`${authority} is a restricted authority.`);
  }
}

export function refuse(message: string): UaaError {
  return new UaaError("invalid_client", message, { status: 400 });
}
