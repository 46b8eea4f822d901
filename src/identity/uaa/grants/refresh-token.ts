import { isApproved } from "../approval.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { User } from "../model.ts";
import { parseScopes } from "../scopes.ts";
import type { Authentication, Claims } from "../token-claims.ts";
import { issueTokens, type TokenAnswer, verifyToken } from "../token-service.ts";
import { commonOf, type GrantRequest } from "./grant.ts";

/** The refresh token itself stays the same, unless rotation is on. UAA: UaaTokenServices.refreshAccessToken */
export async function refreshGrant(context: UaaContext, request: GrantRequest): Promise<TokenAnswer> {
  const { client, clientAuth, parameters } = request;
  const token = parameters["refresh_token"];
  if (token === undefined || token === "")
    throw new UaaError("invalid_request", "refresh_token parameter not provided");
  const { claims, scopes, tokenId, user, client: owner } = await verifyToken(context, token, "refresh");
  if (owner.clientId !== client.clientId) {
    throw new UaaError("invalid_grant", `Wrong client for this refresh token: ${owner.clientId}`);
  }
  if (clientAuth === "none" && claims["client_auth_method"] !== "none") {
    throw new UaaError("invalid_token", "Refresh without client authentication not allowed.");
  }
  const wanted = parseScopes(parameters["scope"]);
  if (wanted.some((scope) => !scopes.has(scope))) {
    const text = `[${wanted.join(", ")}]`;
    throw new UaaError("invalid_scope", `Unable to narrow the scope of the client authentication to ${text}.`);
  }
  const granted = wanted.length > 0 ? wanted : [...scopes];
  const grantType = String(claims["grant_type"]);
  if (user !== null && !(await isApproved(context, user.id, client, granted, grantType))) {
    throw new UaaError("invalid_token", "Invalid token (some requested scopes are not approved)");
  }
  const grant = {
    ...commonOf(request),
    grantType,
    user,
    authentication: authenticationOf(claims, user),
    scopes: granted,
    nonce: typeof claims["nonce"] === "string" ? claims["nonce"] : null,
  };
  return await issueTokens(context, grant, { token, tokenId, claims });
}

/** How it was at sign-in; what the provider says of the user, as it said it last. */
function authenticationOf(claims: Claims, user: User | null): Authentication {
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const acr = claims["acr"] as { values?: unknown } | undefined;
  return {
    authTime: typeof claims["auth_time"] === "number" ? claims["auth_time"] : null,
    authMethods: texts(claims["amr"]),
    acr: texts(acr?.values),
    ...(user === null || user.info === null ? {} : user.info),
  };
}
