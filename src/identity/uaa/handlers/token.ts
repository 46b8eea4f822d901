import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { JWT_BEARER } from "../approval.ts";
import { audit } from "../audit.ts";
import type { AuthenticatedClient } from "../client-auth.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { codeGrant } from "../grants/authorization-code.ts";
import { clientCredentialsGrant } from "../grants/client-credentials.ts";
import type { GrantFlow } from "../grants/grant.ts";
import { jwtBearerGrant } from "../grants/jwt-bearer.ts";
import { passwordGrant } from "../grants/password.ts";
import { refreshGrant } from "../grants/refresh-token.ts";
import { userTokenGrant } from "../grants/user-token.ts";
import type { TokenAnswer } from "../token-service.ts";
import { authenticatedClientOf, parametersOf, requireScopeOrAdmin } from "./request.ts";

const GRANTS: ReadonlyMap<string, GrantFlow> = new Map([
  ["password", passwordGrant],
  ["client_credentials", clientCredentialsGrant],
  ["refresh_token", refreshGrant],
  ["authorization_code", codeGrant],
  [JWT_BEARER, jwtBearerGrant],
]);

/** RFC 7522 */
const SAML_BEARER = "urn:ietf:params:oauth:grant-type:saml2-bearer";

/** POST /oauth/token (and GET, as long as UAA allows it). UAA: UaaTokenEndpoint */
export function registerToken(server: FastifyInstance, context: UaaContext): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const parameters = parametersOf(request);
    reply.header("cache-control", "no-store").header("pragma", "no-cache");
    if (parameters["grant_type"] === "user_token") {
      return await userTokenGrant(context, await requireScopeOrAdmin(context, request, "uaa.user"), parameters);
    }
    return await grantTokens(context, await authenticatedClientOf(context, request), parameters);
  };
  server.route({ method: ["GET", "POST"], url: "/oauth/token", handler });
  // The address in SAML assertions. Whatever grant comes there is answered as at the other.
  server.post("/oauth/token/alias/:entityId", handler);
}

async function grantTokens(
  context: UaaContext,
  { client, method }: AuthenticatedClient,
  parameters: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const grantType = parameters["grant_type"];
  if (grantType === undefined || grantType === "") throw new UaaError("invalid_request", "Missing grant type");
  if (parameters["client_id"] !== undefined && parameters["client_id"] !== client.clientId) {
    throw new UaaError("invalid_client", "Given client ID does not match authenticated client");
  }
  if (grantType === SAML_BEARER) {
    // No SAML provider is registered here, so no assertion can be good. UAA: BackwardsCompatibleTokenEndpointAuthenticationFilter
    const isThere = (parameters["assertion"] ?? "") !== "";
    throw new UaaError("unauthorized", isThere ? "Incoming SAML message is invalid" : "SAML Assertion is missing", {
      scheme: "Basic",
    });
  }
  if (grantType === "implicit") {
    throw new UaaError("invalid_grant", "Implicit grant type not supported from token endpoint");
  }
  const flow = GRANTS.get(grantType);
  if (flow === undefined) throw new UaaError("unsupported_grant_type", "Unsupported grant type");
  if (!client.grantTypes.includes(grantType)) throw new UaaError("invalid_client", "Unauthorized grant type");
  const answer = await flow(context, { client, clientAuth: method, grantType, parameters });
  audit(context, "TokenIssuedEvent", { clientId: client.clientId, grantType, scope: answer.scope });
  return answer;
}
