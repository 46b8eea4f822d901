import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { scopesOfUser } from "../sign-in.ts";
import { issueTokens, type VerifiedToken } from "../token-service.ts";

/**
 * One client gets, in the name of its user, a refresh token for another client: that one alone can use it.
 * `bearer`: the first client's token, with the scope `uaa.user`. UAA: UserTokenGranter
 */
export async function userTokenGrant(
  context: UaaContext,
  bearer: VerifiedToken,
  parameters: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const { user, client: requesting, claims } = bearer;
  if (user === null) throw new UaaError("unauthorized", "Authentication containing a user is required");
  const clientId = parameters["client_id"] ?? "";
  const receiving = await context.clients.find(clientId);
  if (receiving === null) throw new UaaError("invalid_client", `No client with requested id: ${clientId}`);
  for (const [client, grantType] of [
    [requesting, "user_token"],
    [receiving, "refresh_token"],
  ] as const) {
    if (!client.grantTypes.includes(grantType)) throw new UaaError("invalid_client", "Unauthorized grant type");
  }
  const answer = await issueTokens(context, {
    client: receiving,
    clientAuth: "secret",
    grantType: "user_token",
    opaque: true,
    user,
    authentication: { authTime: numberOrNull(claims["auth_time"]), authMethods: [] },
    scopes: await scopesOfUser(context, receiving, user, parameters["scope"]),
    nonce: null,
  });
  // The caller must not speak as the other client: the access token ends before anybody has seen it.
  await context.tokens.delete(answer.jti);
  await context.database.durable();
  const refreshToken = answer.refresh_token ?? "";
  return {
    access_token: null,
    token_type: "bearer",
    refresh_token: refreshToken,
    expires_in: answer.expires_in,
    scope: answer.scope,
    jti: refreshToken,
  };
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
