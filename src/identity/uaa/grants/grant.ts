import type { UaaContext } from "../context.ts";
import type { ExternalSignIn } from "../identity-source.ts";
import type { OauthClient } from "../model.ts";
import { requireAllowedProvider, scopesOfUser } from "../sign-in.ts";
import { signInMethodOf } from "../sign-in-method.ts";
import type { Authentication, ClientAuthMethod, Grant } from "../token-claims.ts";
import { issueTokens, type TokenAnswer } from "../token-service.ts";

/** A request to the token endpoint of a client that is allowed this grant type. */
export interface GrantRequest {
  readonly client: OauthClient;
  readonly clientAuth: ClientAuthMethod;
  readonly grantType: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export type GrantFlow = (context: UaaContext, request: GrantRequest) => Promise<TokenAnswer>;

/** What the parameters of any grant say about its tokens. UAA: TokenConstants.REQUEST_TOKEN_FORMAT */
export function commonOf(request: GrantRequest): Pick<Grant, "client" | "clientAuth" | "grantType" | "opaque"> {
  const { client, clientAuth, grantType, parameters } = request;
  return { client, clientAuth, grantType, opaque: parameters["token_format"] === "opaque" };
}

/** A sign-in of this moment, as tokens tell of it. */
export function authenticationNow({ clock }: UaaContext, signedIn: ExternalSignIn): Authentication {
  return { authTime: Math.floor(clock.nowMs() / 1000), ...signInMethodOf(signedIn) };
}

/** Tokens for somebody who has just signed in. Throws `unauthorized_client`, `invalid_scope`. */
export async function grantToUser(
  context: UaaContext,
  request: GrantRequest,
  signedIn: ExternalSignIn,
  nonce: string | null,
): Promise<TokenAnswer> {
  const { client, parameters } = request;
  const { user } = signedIn;
  requireAllowedProvider(client, user);
  const scopes = await scopesOfUser(context, client, user, parameters["scope"]);
  const authentication = authenticationNow(context, signedIn);
  return await issueTokens(context, { ...commonOf(request), user, authentication, scopes, nonce });
}
