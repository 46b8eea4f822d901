import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { OauthClient, User } from "../model.ts";
import { decideClientScopes, decideUserScopes, parseScopes } from "../scopes.ts";
import { groupNamesOf, signIn } from "../sign-in.ts";
import { issueTokens, type TokenAnswer, verifyToken } from "../token-service.ts";
import { clientOf, parametersOf } from "./request.ts";

/** What /oauth/authorize keeps beside a code. */
export interface CodePayload {
  readonly clientId: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  /** Only when the request named one: then the exchange must name the same. */
  readonly redirectUri: string | null;
  readonly authTime: number;
  readonly nonce: string | null;
  readonly codeChallenge: string | null;
  readonly codeChallengeMethod: string | null;
}

/** POST /oauth/token (and GET, as long as UAA allows it). UAA: UaaTokenEndpoint */
export function registerToken(server: FastifyInstance, context: UaaContext): void {
  server.route({
    method: ["GET", "POST"],
    url: "/oauth/token",
    handler: async (request, reply) => {
      const client = await clientOf(context, request);
      const parameters = parametersOf(request);
      const answer = await grantTokens(context, client, parameters);
      reply.header("cache-control", "no-store").header("pragma", "no-cache");
      return answer;
    },
  });
}

async function grantTokens(
  context: UaaContext,
  client: OauthClient,
  parameters: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const grantType = parameters["grant_type"];
  if (grantType === undefined || grantType === "") throw new UaaError("invalid_request", "Missing grant type");
  if (parameters["client_id"] !== undefined && parameters["client_id"] !== client.clientId) {
    throw new UaaError("invalid_client", "Given client ID does not match authenticated client");
  }
  const flow = GRANTS.get(grantType);
  if (flow === undefined) throw new UaaError("unsupported_grant_type", `Unsupported grant type: ${grantType}`);
  if (!client.grantTypes.includes(grantType)) {
    throw new UaaError("invalid_client", `Unauthorized grant type: ${grantType}`);
  }
  return await flow(context, client, parameters);
}

type GrantFlow = (
  context: UaaContext,
  client: OauthClient,
  parameters: Readonly<Record<string, string>>,
) => Promise<TokenAnswer>;

const GRANTS: ReadonlyMap<string, GrantFlow> = new Map<string, GrantFlow>([
  ["password", passwordGrant],
  ["client_credentials", clientCredentialsGrant],
  ["refresh_token", refreshGrant],
  ["authorization_code", codeGrant],
]);

async function passwordGrant(
  context: UaaContext,
  client: OauthClient,
  parameters: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const { username, password, passcode, nonce } = parameters;
  let user: User;
  if (passcode !== undefined && password === undefined) user = await userOfPasscode(context, passcode);
  else {
    if (username === undefined || password === undefined) {
      throw new UaaError("unauthorized", "Full authentication is required to access this resource");
    }
    user = await signIn(context, username, password, originOf(parameters["login_hint"]));
  }
  const scopes = decideUserScopes(parseScopes(parameters["scope"]), client, await groupNamesOf(context, user.id));
  const authTime = Math.floor(context.clock.nowMs() / 1000);
  return await issueTokens(context, { client, user, grantType: "password", scopes, authTime, nonce: nonce ?? null });
}

/** UAA: PasscodeAuthenticationFilter */
async function userOfPasscode(context: UaaContext, passcode: string): Promise<User> {
  const taken = await context.tokens.takeCode(passcode, context.clock.nowMs());
  await context.file.durable();
  if (taken === null || !taken.intent.startsWith("PASSCODE ")) throw new UaaError("unauthorized", "Invalid passcode");
  const user = await context.users.find(taken.intent.slice("PASSCODE ".length));
  if (user === null || !user.active) throw new UaaError("unauthorized", "Invalid passcode");
  return user;
}

/** `login_hint` is JSON with an origin. UAA: UaaLoginHint */
function originOf(loginHint: string | undefined): string | null {
  if (loginHint === undefined) return null;
  try {
    const hint: unknown = JSON.parse(loginHint);
    const origin = typeof hint === "object" && hint !== null ? (hint as Record<string, unknown>)["origin"] : null;
    return typeof origin === "string" && origin !== "" ? origin : null;
  } catch {
    return null;
  }
}

async function clientCredentialsGrant(
  context: UaaContext,
  client: OauthClient,
  parameters: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const scopes = decideClientScopes(parseScopes(parameters["scope"]), client);
  return await issueTokens(context, {
    client,
    user: null,
    grantType: "client_credentials",
    scopes,
    authTime: null,
    nonce: null,
  });
}

/** The refresh token itself stays the same. UAA: UaaTokenServices.refreshAccessToken */
async function refreshGrant(
  context: UaaContext,
  client: OauthClient,
  parameters: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const refreshToken = parameters["refresh_token"];
  if (refreshToken === undefined || refreshToken === "") {
    throw new UaaError("invalid_token", "Invalid refresh token (empty token)");
  }
  const verified = await verifyToken(context, refreshToken, "refresh");
  if (verified.client.clientId !== client.clientId) {
    throw new UaaError("invalid_grant", `Wrong client for this refresh token: ${verified.client.clientId}`);
  }
  const wanted = parseScopes(parameters["scope"]);
  if (wanted.some((scope) => !verified.scopes.has(scope))) {
    const text = `[${wanted.join(", ")}]`;
    throw new UaaError("invalid_scope", `Unable to narrow the scope of the client authentication to ${text}.`);
  }
  const { claims, user } = verified;
  return await issueTokens(
    context,
    {
      client,
      user,
      grantType: String(claims["grant_type"]),
      scopes: wanted.length > 0 ? wanted : [...verified.scopes],
      authTime: typeof claims["auth_time"] === "number" ? claims["auth_time"] : null,
      nonce: null,
    },
    refreshToken,
  );
}

async function codeGrant(
  context: UaaContext,
  client: OauthClient,
  parameters: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  const { code } = parameters;
  if (code === undefined) throw new UaaError("invalid_request", "An authorization code must be supplied.");
  const taken = await context.tokens.takeCode(code, context.clock.nowMs());
  await context.file.durable();
  if (taken === null || taken.intent !== "AUTHORIZATION_CODE") {
    throw new UaaError("invalid_grant", `Invalid authorization code: ${code}`);
  }
  const payload = taken.payload as CodePayload;
  if (payload.clientId !== client.clientId) throw new UaaError("invalid_client", "Client ID mismatch");
  if (payload.redirectUri !== null && payload.redirectUri !== parameters["redirect_uri"]) {
    throw new UaaError("invalid_grant", "Redirect URI mismatch.");
  }
  if (!isVerifier(payload, parameters["code_verifier"])) throw new UaaError("invalid_grant", "Invalid code verifier");
  const user = await context.users.find(payload.userId);
  if (user === null || !user.active) throw new UaaError("invalid_grant", `Invalid authorization code: ${code}`);
  const { scopes, authTime, nonce } = payload;
  return await issueTokens(context, { client, user, grantType: "authorization_code", scopes, authTime, nonce });
}

/** RFC 7636: proof that who exchanges the code is who asked for it. */
function isVerifier(payload: CodePayload, verifier: string | undefined): boolean {
  if (payload.codeChallenge === null) return verifier === undefined;
  if (verifier === undefined) return false;
  const plain = payload.codeChallengeMethod !== "S256";
  const given = Buffer.from(plain ? verifier : createHash("sha256").update(verifier).digest("base64url"));
  const wanted = Buffer.from(payload.codeChallenge);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
