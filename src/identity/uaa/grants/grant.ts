import type { UaaContext } from "../context.ts";
import type { ExternalSignIn } from "../identity-source.ts";
import type { OauthClient } from "../model.ts";
import type { Authentication, ClientAuthMethod, Grant } from "../token-claims.ts";
import type { TokenAnswer } from "../token-service.ts";

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
export function authenticationNow(context: UaaContext, { user: _, ...how }: ExternalSignIn): Authentication {
  const { authMethods, acr, roles, userAttributes } = how;
  return {
    authTime: Math.floor(context.clock.nowMs() / 1000),
    authMethods,
    ...(acr === undefined ? {} : { acr }),
    ...(roles === undefined ? {} : { roles }),
    ...(userAttributes === undefined ? {} : { userAttributes }),
  };
}
