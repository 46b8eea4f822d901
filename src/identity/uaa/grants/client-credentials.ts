import type { UaaContext } from "../context.ts";
import { decideClientScopes, parseScopes } from "../scopes.ts";
import { issueTokens, type TokenAnswer } from "../token-service.ts";
import { commonOf, type GrantRequest } from "./grant.ts";

/** The client speaks for itself. UAA: ClientCredentialsTokenGranter */
export async function clientCredentialsGrant(context: UaaContext, request: GrantRequest): Promise<TokenAnswer> {
  const scopes = decideClientScopes(parseScopes(request.parameters["scope"]), request.client);
  return await issueTokens(context, {
    ...commonOf(request),
    user: null,
    authentication: null,
    scopes,
    nonce: null,
  });
}
