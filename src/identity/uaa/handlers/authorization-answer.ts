import type { FastifyReply } from "fastify";
import { audit } from "../audit.ts";
import { type AuthorizationRequest, answersInFragment, grantTypeOf, returnAddress } from "../authorization-request.ts";
import type { UaaContext } from "../context.ts";
import { AUTHORIZATION_CODE, type CodePayload } from "../grants/authorization-code.ts";
import { parseScopes } from "../scopes.ts";
import { sessionState } from "../session-state.ts";
import { issueTokens } from "../token-service.ts";
import type { Requester } from "./authorization-requester.ts";

/** UAA: UaaAuthorizationCodeServices, 5 minutes */
const CODE_TTL_MS = 300_000;

/** Code, tokens or both. UAA: getImplicitGrantOrHybridResponse, getAuthorizationCodeResponse */
export async function sendAnswer(
  context: UaaContext,
  reply: FastifyReply,
  authorization: AuthorizationRequest,
  who: Requester,
  scopes: readonly string[],
): Promise<FastifyReply> {
  const { client, responseTypes, parameters, redirectUri, prompt } = authorization;
  const code = responseTypes.has("code") ? await makeCode(context, authorization, who, scopes) : null;
  const state = prompt === "none" ? sessionState(context, who.user.id, client.clientId, redirectUri) : null;
  if (!answersInFragment(responseTypes)) {
    return reply.redirect(returnAddress(authorization, { code, session_state: state }), 302);
  }
  const grant = {
    client,
    clientAuth: "secret" as const, // nobody has asked the client for anything yet
    grantType: grantTypeOf(responseTypes),
    opaque: parameters["token_format"] === "opaque",
    user: who.user,
    authentication: who.authentication,
    scopes,
    nonce: parameters["nonce"] ?? null,
  };
  const answer = await issueTokens(context, grant, "none");
  const withAccess = responseTypes.has("token");
  if (!withAccess) await context.tokens.delete(answer.jti); // made for its id_token alone
  audit(context, "TokenIssuedEvent", { clientId: client.clientId, grantType: grant.grantType, scope: answer.scope });
  const asked = parseScopes(parameters["scope"]);
  const isAsAsked = asked.length === scopes.length && asked.every((scope) => scopes.includes(scope));
  const fragment = {
    token_type: "bearer",
    access_token: withAccess ? answer.access_token : null,
    id_token: responseTypes.has("id_token") ? (answer.id_token ?? null) : null,
    code,
    expires_in: answer.expires_in,
    scope: isAsAsked ? null : answer.scope,
    jti: answer.jti,
    session_state: state,
  };
  return reply.header("cache-control", "no-store").redirect(returnAddress(authorization, fragment), 302);
}

async function makeCode(
  context: UaaContext,
  { client, parameters }: AuthorizationRequest,
  { user, authentication }: Requester,
  scopes: readonly string[],
): Promise<string> {
  const payload: CodePayload = {
    clientId: client.clientId,
    userId: user.id,
    scopes,
    redirectUri: parameters["redirect_uri"] ?? null,
    authentication,
    nonce: parameters["nonce"] ?? null,
    codeChallenge: parameters["code_challenge"] ?? null,
    codeChallengeMethod: parameters["code_challenge_method"] ?? null,
    opaque: parameters["token_format"] === "opaque",
  };
  const code = context.secrets.token(24);
  const expiresMs = context.clock.nowMs() + CODE_TTL_MS;
  await context.tokens.saveCode(code, AUTHORIZATION_CODE, payload, expiresMs, false);
  await context.database.durable();
  return code;
}
