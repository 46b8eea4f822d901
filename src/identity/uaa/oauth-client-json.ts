import { JWT_BEARER } from "./approval.ts";
import { refuse } from "./client-rules.ts";
import type { OauthClient } from "./model.ts";

const GRANT_TYPES: ReadonlySet<string> = new Set([
  "implicit",
  "password",
  "client_credentials",
  "authorization_code",
  "refresh_token",
  "user_token",
  "urn:ietf:params:oauth:grant-type:saml2-bearer",
  JWT_BEARER,
]);
/** Fields with a place of their own, or never to be kept as they came. */
const KNOWN: ReadonlySet<string> = new Set([
  "client_id",
  "client_secret",
  "secondary_client_secret",
  "jwks",
  "jwks_uri",
  "client_jwt_config",
  "scope",
  "authorities",
  "authorized_grant_types",
  "redirect_uri",
  "resource_ids",
  "autoapprove",
  "access_token_validity",
  "refresh_token_validity",
  "lastModified",
  "action",
  "approvals_deleted",
]);

/** A client as JSON; never its secret. UAA: UaaClientDetails */
export function wireClient(client: OauthClient): Record<string, unknown> {
  return {
    ...client.additional,
    scope: client.scope,
    client_id: client.clientId,
    resource_ids: client.resourceIds,
    authorized_grant_types: client.grantTypes,
    ...(client.redirectUris.length === 0 ? {} : { redirect_uri: client.redirectUris }),
    autoapprove: client.autoApprove,
    ...(client.accessTokenValiditySeconds === null ? {} : { access_token_validity: client.accessTokenValiditySeconds }),
    ...(client.refreshTokenValiditySeconds === null
      ? {}
      : { refresh_token_validity: client.refreshTokenValiditySeconds }),
    authorities: client.authorities,
    lastModified: client.lastModifiedMs,
  };
}

/** Reads a new client (without its secret). Throws `invalid_client` (400). */
export function readClient(body: Readonly<Record<string, unknown>>, nowMs: number): OauthClient {
  const clientId = body["client_id"];
  if (typeof clientId !== "string" || clientId.trim() === "" || clientId.length > 255) {
    throw refuse("Client id must not be empty");
  }
  const grantTypes = list(body, "authorized_grant_types") ?? [];
  if (grantTypes.length === 0)
    throw refuse(`An authorized grant type must be provided. Must be one of: ${[...GRANT_TYPES].join(", ")}`);
  return validated({
    clientId,
    secretHashes: [],
    scope: list(body, "scope") ?? ["uaa.none"],
    authorities: list(body, "authorities") ?? ["uaa.none"],
    grantTypes,
    redirectUris: list(body, "redirect_uri") ?? [],
    resourceIds: list(body, "resource_ids") ?? ["none"],
    autoApprove: readAutoApprove(body["autoapprove"]) ?? [],
    accessTokenValiditySeconds: seconds(body, "access_token_validity") ?? null,
    refreshTokenValiditySeconds: seconds(body, "refresh_token_validity") ?? null,
    additional: withoutNulls(additionalOf(body)),
    lastModifiedMs: nowMs,
  });
}

/** A stored client with the fields that are given; the secret never changes here. */
export function changedClient(
  client: OauthClient,
  body: Readonly<Record<string, unknown>>,
  nowMs: number,
): OauthClient {
  return validated({
    ...client,
    scope: list(body, "scope") ?? client.scope,
    authorities: list(body, "authorities") ?? client.authorities,
    grantTypes: list(body, "authorized_grant_types") ?? client.grantTypes,
    redirectUris: list(body, "redirect_uri") ?? client.redirectUris,
    resourceIds: list(body, "resource_ids") ?? client.resourceIds,
    autoApprove: readAutoApprove(body["autoapprove"]) ?? client.autoApprove,
    accessTokenValiditySeconds: seconds(body, "access_token_validity") ?? client.accessTokenValiditySeconds,
    refreshTokenValiditySeconds: seconds(body, "refresh_token_validity") ?? client.refreshTokenValiditySeconds,
    additional: withoutNulls({ ...client.additional, ...additionalOf(body) }),
    lastModifiedMs: nowMs,
  });
}

/** UAA: ClientAdminEndpointsValidator */
function validated(client: OauthClient): OauthClient {
  for (const type of client.grantTypes) {
    if (!GRANT_TYPES.has(type))
      throw refuse(`${type} is not an allowed grant type. Must be one of: ${[...GRANT_TYPES].join(", ")}`);
  }
  const needsRedirect = client.grantTypes.includes("authorization_code") || client.grantTypes.includes("implicit");
  if (needsRedirect && client.redirectUris.length === 0) {
    throw refuse(
      `${client.grantTypes.find((type) => type !== "refresh_token")} grant type requires at least one redirect URL.`,
    );
  }
  for (const uri of client.redirectUris) {
    if (!URL.canParse(uri.replaceAll("*", "x"))) throw refuse(`One of the redirect_uri is invalid: ${uri}`);
  }
  return client;
}

function list(body: Readonly<Record<string, unknown>>, name: string): string[] | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const items = typeof value === "string" ? value.split(/[\s,]+/).filter((item) => item !== "") : value;
  if (!Array.isArray(items) || !items.every((item) => typeof item === "string"))
    throw refuse(`${name} must be a list of texts`);
  return [...new Set(items as string[])];
}

function readAutoApprove(value: unknown): true | string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return [];
  return list({ autoapprove: value }, "autoapprove");
}

function seconds(body: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
    throw refuse(`${name} must be a number of seconds`);
  return value;
}

function additionalOf(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !KNOWN.has(name)));
}

/** A field that is null, and a flag that is off, goes. UAA: ClientAdminEndpoints.syncWithExisting */
function withoutNulls(additional: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(additional).filter(
      ([name, value]) => value !== null && !(name === "allowpublic" && value === false),
    ),
  );
}
