import type { FastifyRequest } from "fastify";
import { type AuthenticatedClient, authenticateByForm, authenticateByHeader } from "../client-auth.ts";
import type { UaaContext } from "../context.ts";
import { notAuthenticated, UaaError } from "../errors.ts";
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

/** Verifies the token and that it has one of the scopes. Throws `insufficient_scope`. */
export async function requireScope(
  context: UaaContext,
  request: FastifyRequest,
  ...anyOf: readonly string[]
): Promise<VerifiedToken> {
  const token = await bearerOf(context, request);
  if (!hasScope(token, ...anyOf)) throw insufficientScope(anyOf);
  return token;
}

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
 */
export async function clientOf(context: UaaContext, request: FastifyRequest): Promise<OauthClient> {
  return (await authenticatedClientOf(context, request)).client;
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
    throw notAuthenticated();
  }
  return await authenticateByForm(context, parameters);
}
