import type { FastifyRequest } from "fastify";
import { type AuthenticatedClient, authenticateByForm, authenticateByHeader } from "../client-auth.ts";
import type { UaaContext } from "../context.ts";
import { accessDenied, notAuthenticated, UaaError } from "../errors.ts";
import type { OauthClient } from "../model.ts";
import { type VerifiedToken, verifyToken } from "../token-service.ts";
import { switchedToken, zoneSwitchOf } from "../zone-switch.ts";

/** The values of the query and of a form body, the body's first. Of a name given twice the last counts. */
export function parametersOf(request: FastifyRequest): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null) as Record<string, string>;
  const take = (source: unknown): void => {
    if (typeof source !== "object" || source === null) return;
    for (const [name, value] of Object.entries(source)) {
      const last: unknown = Array.isArray(value) ? value.at(-1) : value;
      if (typeof last === "string") parameters[name] = last;
    }
  };
  take(request.query);
  if (!String(request.headers["content-type"] ?? "").includes("json")) take(request.body);
  return parameters;
}

/** The JSON object of the body. Throws `invalid_request`. */
export function jsonBodyOf(request: FastifyRequest): Record<string, unknown> {
  const body: unknown = request.body;
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new UaaError("invalid_request", "The request body must be a JSON object");
  }
  return body as Record<string, unknown>;
}

/** The token of the Authorization header, verified. Throws `unauthorized` without one, `invalid_token` for a bad one. */
export async function bearerOf(context: UaaContext, request: FastifyRequest): Promise<VerifiedToken> {
  const header = request.headers.authorization ?? "";
  const match = /^bearer\s+(\S+)$/i.exec(header);
  if (match === null) throw notAuthenticated();
  const { parent, zoneId } = context;
  // Only the default zone hands requests with these headers on, and no zone's own subdomain takes them.
  if (parent !== null && zoneSwitchOf(request.headers) !== null) {
    return switchedToken(await verifyToken(parent, match[1]!, "access"), zoneId);
  }
  return await verifyToken(context, match[1]!, "access");
}

/** Verifies the token and that it has one of these very scopes. Throws `insufficient_scope`. UAA: ScopeVoter */
export async function requireScope(
  context: UaaContext,
  request: FastifyRequest,
  ...anyOf: readonly string[]
): Promise<VerifiedToken> {
  const token = await bearerOf(context, request);
  if (!hasScope(token, ...anyOf)) throw insufficientScope(anyOf);
  return token;
}

/**
 * As `requireScope`; `uaa.admin` does in the place of any scope.
 * UAA: ContextSensitiveOAuth2SecurityExpressionMethods.hasAnyScope
 */
export async function requireScopeOrAdmin(
  context: UaaContext,
  request: FastifyRequest,
  ...anyOf: readonly string[]
): Promise<VerifiedToken> {
  return await requireScope(context, request, UAA_ADMIN, ...anyOf);
}

/**
 * As `requireScopeOrAdmin`; the zone's administrators may too, whose scope `zones.ID.admin` is one of the default zone.
 * UAA: hasScopeInAuthZone('zones.{zone.id}.admin')
 */
export async function requireManager(
  context: UaaContext,
  request: FastifyRequest,
  ...anyOf: readonly string[]
): Promise<VerifiedToken> {
  const token = await bearerOf(context, request);
  if (!mayManage(context, request, token, ...anyOf)) throw insufficientScope(managers(context, ...anyOf));
  return token;
}

/** Whether `requireManager` lets this token do it. */
export function mayManage(
  context: UaaContext,
  request: FastifyRequest,
  token: VerifiedToken,
  ...anyOf: readonly string[]
): boolean {
  return hasScope(token, UAA_ADMIN, ...anyOf) || isZoneManager(context, request, token);
}

/** The scopes that `requireManager` takes, as the refusal names them. */
export function managers({ zoneId }: Pick<UaaContext, "zoneId">, ...anyOf: readonly string[]): string[] {
  return [UAA_ADMIN, ...anyOf, zoneAdmin(zoneId)];
}

/** A token that a zone itself has made counts for nothing: its groups could be called so by anybody there. */
function isZoneManager({ parent, zoneId }: UaaContext, request: FastifyRequest, token: VerifiedToken): boolean {
  const isOfDefaultZone = parent === null || zoneSwitchOf(request.headers) !== null;
  return isOfDefaultZone && token.scopes.has(zoneAdmin(zoneId));
}

function zoneAdmin(zoneId: string): string {
  return `zones.${zoneId}.admin`;
}

const UAA_ADMIN = "uaa.admin";

export function hasScope(token: VerifiedToken, ...anyOf: readonly string[]): boolean {
  return anyOf.some((scope) => token.scopes.has(scope));
}

/** UAA: InsufficientScopeException */
export function insufficientScope(anyOf: readonly string[]): UaaError {
  return new UaaError("insufficient_scope", "Insufficient scope for this resource", {
    extra: { scope: anyOf.join(" ") },
  });
}

/**
 * The client that calls: Basic header, or client_id and client_secret in the form. A client with the empty secret
 * needs to give none. Throws `invalid_client`, or `unauthorized` when nothing was given.
 * UAA: basicAuthenticationEntryPoint
 */
export async function clientOf(context: UaaContext, request: FastifyRequest): Promise<OauthClient> {
  return (await authenticatedClientOf(context, request)).client;
}

/** The client that calls, which must have this authority itself. Throws `access_denied`. UAA: hasAuthority, client_credentials by Basic */
export async function requireClientAuthority(
  context: UaaContext,
  request: FastifyRequest,
  authority: string,
): Promise<void> {
  const client = await clientOf(context, request);
  if (!client.authorities.includes(authority)) throw accessDenied();
}

/** As `requireClientAuthority`; a token with it does too. UAA: oauthWithoutResourceAuthenticationFilter beside Basic */
export async function requireAuthority(context: UaaContext, request: FastifyRequest, authority: string): Promise<void> {
  if (!/^bearer\s/i.test(request.headers.authorization ?? "")) {
    return await requireClientAuthority(context, request, authority);
  }
  if (!hasScope(await bearerOf(context, request), authority)) throw accessDenied();
}

/** Also says how the client proved itself. */
export async function authenticatedClientOf(
  context: UaaContext,
  request: FastifyRequest,
): Promise<AuthenticatedClient> {
  const header = request.headers.authorization;
  if (header !== undefined && /^basic\s/i.test(header)) {
    const text = Buffer.from(header.slice(6).trim(), "base64").toString();
    const colon = text.indexOf(":");
    if (colon < 0) throw new UaaError("invalid_client", "Invalid basic authentication token");
    // `X-CF-Encoded-Credentials: true` says what is tried anyway.
    return await authenticateByHeader(context, text.slice(0, colon), text.slice(colon + 1));
  }
  const parameters = parametersOf(request);
  if (parameters["client_id"] === undefined && parameters["client_assertion"] === undefined) {
    throw notAuthenticated("Basic");
  }
  return await authenticateByForm(context, parameters);
}
