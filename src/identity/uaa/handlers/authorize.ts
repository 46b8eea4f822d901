import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { OauthClient, User } from "../model.ts";
import { isRedirectAllowed } from "../redirect-uri.ts";
import { coversScope, decideUserScopes, parseScopes } from "../scopes.ts";
import { groupNamesOf } from "../sign-in.ts";
import { csrfOf, redirectToLogin, requireCsrf, sendPage } from "./login.ts";
import { approvalPage } from "./pages.ts";
import { bearerOf, parametersOf, sessionUserOf } from "./request.ts";
import type { CodePayload } from "./token.ts";

/** UAA: UaaAuthorizationCodeServices, 5 minutes */
const CODE_TTL_MS = 300_000;
/** UAA: UserManagedAuthzApprovalHandler, one month */
const APPROVAL_TTL_MS = 2_592_000_000;

interface Authorization {
  readonly client: OauthClient;
  readonly parameters: Readonly<Record<string, string>>;
  readonly redirectUri: string;
}

/**
 * Hands one-time codes to clients in the name of a signed-in user: by browser session, or by bearer token as
 * `cf ssh-code` does. UAA: UaaAuthorizationEndpoint
 */
export function registerAuthorize(server: FastifyInstance, context: UaaContext): void {
  server.get("/oauth/authorize", async (request, reply) => {
    const authorization = await readAuthorization(context, request);
    const who = await userOf(context, request);
    if (who === null) return redirectToLogin(request, reply);
    const scopes = await scopesOf(context, authorization, who.user);
    const open = await unapproved(context, authorization.client, who.user, scopes);
    if (open.length > 0) {
      const query = new URLSearchParams(authorization.parameters).toString();
      const csrf = csrfOf(context, request, reply);
      return sendPage(reply, approvalPage(csrf, authorization.client.clientId, open, query));
    }
    return await sendCode(context, reply, authorization, who, scopes);
  });

  server.post("/oauth/authorize", async (request, reply) => {
    const parameters = parametersOf(request);
    const authorization = await readAuthorization(context, request);
    const who = await userOf(context, request);
    if (who === null) return redirectToLogin(request, reply);
    const byBrowser = request.headers.authorization === undefined;
    if (byBrowser) requireCsrf(request, parameters["X-Uaa-Csrf"]);
    const scopes = await scopesOf(context, authorization, who.user);
    const open = await unapproved(context, authorization.client, who.user, scopes);
    const isAllowed = (scope: string): boolean => parameters[`scope.${scope}`] === "true";
    const approved = parameters["user_oauth_approval"] === "true" ? open.filter(isAllowed) : [];
    const nowMs = context.clock.nowMs();
    await context.tokens.saveApprovals(
      approved.map((scope) => ({
        userId: who.user.id,
        clientId: authorization.client.clientId,
        scope,
        status: "APPROVED",
        expiresMs: nowMs + APPROVAL_TTL_MS,
        lastModifiedMs: nowMs,
      })),
    );
    const granted = scopes.filter((scope) => !open.includes(scope) || approved.includes(scope));
    if (granted.length === 0) {
      const query = { error: "access_denied", error_description: "User denied access" };
      return reply.redirect(withQuery(authorization, query), 302);
    }
    return await sendCode(context, reply, authorization, who, granted);
  });
}

async function readAuthorization(context: UaaContext, request: FastifyRequest): Promise<Authorization> {
  const parameters = parametersOf(request);
  const clientId = parameters["client_id"] ?? "";
  const client = await context.clients.find(clientId);
  if (client === null) throw new UaaError("invalid_client", `No client with requested id: ${clientId}`);
  const wanted = parameters["redirect_uri"];
  const redirectUri = wanted ?? client.redirectUris.find((uri) => !uri.includes("*"));
  if (redirectUri === undefined) {
    const text = "A redirectUri must be either supplied or preconfigured in the ClientDetails";
    throw new UaaError("redirect_uri_mismatch", text);
  }
  if (!isRedirectAllowed(client.redirectUris, redirectUri)) {
    throw new UaaError(
      "redirect_uri_mismatch",
      `Invalid redirect ${redirectUri} did not match one of the registered values`,
    );
  }
  if (parameters["response_type"] !== "code") {
    throw new UaaError("unsupported_response_type", "Unsupported response types");
  }
  if (!client.grantTypes.includes("authorization_code")) {
    throw new UaaError(
      "invalid_grant",
      "A redirect_uri can only be used by implicit or authorization_code grant types.",
    );
  }
  const challenge = parameters["code_challenge"];
  if (challenge !== undefined && !/^[\w.~-]{43,128}$/.test(challenge)) {
    const text = "Code challenge length must between 43 and 128 and use only [A-Z],[a-z],[0-9],_,.,-,~ characters.";
    throw new UaaError("invalid_request", text);
  }
  if (!["plain", "S256"].includes(parameters["code_challenge_method"] ?? "plain")) {
    throw new UaaError("invalid_request", "Unsupported code challenge method. Supported: [plain, S256]");
  }
  return { client, parameters, redirectUri };
}

interface Who {
  readonly user: User;
  readonly authTimeMs: number;
}

async function userOf(context: UaaContext, request: FastifyRequest): Promise<Who | null> {
  if (request.headers.authorization === undefined) return await sessionUserOf(context, request);
  const token = await bearerOf(context, request);
  // Only a token that lets act as the user may ask for codes for other clients.
  if (token.user === null || !token.scopes.has("uaa.user")) {
    throw new UaaError("access_denied", "Access is denied");
  }
  const authTime = token.claims["auth_time"];
  return { user: token.user, authTimeMs: typeof authTime === "number" ? authTime * 1000 : context.clock.nowMs() };
}

async function scopesOf(context: UaaContext, { client, parameters }: Authorization, user: User): Promise<string[]> {
  return decideUserScopes(parseScopes(parameters["scope"]), client, await groupNamesOf(context, user.id));
}

/** The scopes that the user must still be asked about. */
async function unapproved(
  context: UaaContext,
  client: OauthClient,
  user: User,
  scopes: readonly string[],
): Promise<string[]> {
  const { autoApprove } = client;
  if (autoApprove === true) return [];
  const nowMs = context.clock.nowMs();
  const approved = new Set<string>();
  for (const approval of await context.tokens.approvals(user.id)) {
    if (approval.clientId === client.clientId && approval.status === "APPROVED" && approval.expiresMs > nowMs) {
      approved.add(approval.scope);
    }
  }
  return scopes.filter((scope) => !approved.has(scope) && !autoApprove.some((auto) => coversScope(auto, scope)));
}

async function sendCode(
  context: UaaContext,
  reply: FastifyReply,
  authorization: Authorization,
  { user, authTimeMs }: Who,
  scopes: readonly string[],
): Promise<FastifyReply> {
  const { parameters, client } = authorization;
  const payload: CodePayload = {
    clientId: client.clientId,
    userId: user.id,
    scopes,
    redirectUri: parameters["redirect_uri"] ?? null,
    authTime: Math.floor(authTimeMs / 1000),
    nonce: parameters["nonce"] ?? null,
    codeChallenge: parameters["code_challenge"] ?? null,
    codeChallengeMethod: parameters["code_challenge_method"] ?? null,
  };
  const code = context.secrets.token(24);
  const expiresMs = context.clock.nowMs() + CODE_TTL_MS;
  await context.tokens.saveCode(code, "AUTHORIZATION_CODE", payload, expiresMs, false);
  await context.file.durable();
  return reply.redirect(withQuery(authorization, { code }), 302);
}

function withQuery({ redirectUri, parameters }: Authorization, query: Readonly<Record<string, string>>): string {
  const target = new URL(redirectUri);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  if (parameters["state"] !== undefined) target.searchParams.set("state", parameters["state"]);
  return target.toString();
}
