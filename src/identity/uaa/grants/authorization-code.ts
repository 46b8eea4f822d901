import { isPublicClient } from "../client-auth.ts";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { OauthClient } from "../model.ts";
import { isPkceText, isVerifierOf } from "../pkce.ts";
import type { Authentication } from "../token-claims.ts";
import { issueTokens, type TokenAnswer } from "../token-service.ts";
import { commonOf, type GrantRequest } from "./grant.ts";

export const AUTHORIZATION_CODE = "AUTHORIZATION_CODE";

/** What /oauth/authorize keeps beside a code. */
export interface CodePayload {
  readonly clientId: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  /** Only when the request named one: then the exchange must name the same. */
  readonly redirectUri: string | null;
  readonly authentication: Authentication;
  readonly nonce: string | null;
  readonly codeChallenge: string | null;
  readonly codeChallengeMethod: string | null;
  /** `token_format=opaque` of the authorization request. */
  readonly opaque: boolean;
}

/** Exchanges a code, once. UAA: AuthorizationCodeTokenGranter */
export async function codeGrant(context: UaaContext, request: GrantRequest): Promise<TokenAnswer> {
  const { client, parameters } = request;
  const { code, code_verifier: verifier } = parameters;
  if (code === undefined || code === "") {
    throw new UaaError("invalid_request", "An authorization code must be supplied.");
  }
  if (verifier !== undefined && verifier !== "" && !isPkceText(verifier)) {
    const text = "Code verifier length must between 43 and 128 and use only [A-Z],[a-z],[0-9],_,.,-,~ characters.";
    throw new UaaError("invalid_request", text);
  }
  const taken = await context.tokens.takeCode(code, context.clock.nowMs());
  await context.database.durable();
  if (taken === null || taken.intent !== AUTHORIZATION_CODE) {
    throw new UaaError("invalid_grant", "Invalid authorization code");
  }
  const payload = taken.payload as CodePayload;
  checkVerifier(payload, verifier ?? "", client);
  if (payload.redirectUri !== null && payload.redirectUri !== parameters["redirect_uri"]) {
    throw new UaaError("invalid_grant", "Redirect URI mismatch.");
  }
  if (payload.clientId !== client.clientId) throw new UaaError("invalid_client", "Client ID mismatch");
  const user = await context.users.find(payload.userId);
  if (user === null || !user.active) throw new UaaError("invalid_grant", "Invalid authorization code");
  const { scopes, authentication, nonce } = payload;
  const common = commonOf(request);
  const opaque = common.opaque || payload.opaque;
  return await issueTokens(context, { ...common, opaque, user, authentication, scopes, nonce });
}

function checkVerifier(payload: CodePayload, verifier: string, client: OauthClient): void {
  const { codeChallenge: challenge } = payload;
  const method = payload.codeChallengeMethod ?? "plain";
  if (challenge === null) {
    if (verifier === "") return;
    throw new UaaError("invalid_grant", "PKCE error: Code verifier not required for this authorization code.");
  }
  if (verifier === "") {
    throw new UaaError("invalid_grant", "PKCE error: Code verifier must be provided for this authorization code.");
  }
  if (method !== "S256" && isPublicClient(client)) {
    throw new UaaError("invalid_grant", "Public client must use code challange method S256");
  }
  if (!isVerifierOf(challenge, method, verifier)) throw new UaaError("invalid_grant", "Invalid code verifier");
}
