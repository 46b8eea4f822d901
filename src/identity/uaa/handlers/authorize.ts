import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { APPROVAL_TTL_MS, answersOf, autoApproved } from "../approval.ts";
import { audit } from "../audit.ts";
import {
  type AuthorizationRequest,
  answersInFragment,
  checkAuthorization,
  failureAddress,
  grantTypeOf,
  readAuthorization,
  returnAddress,
} from "../authorization-request.ts";
import type { UaaContext } from "../context.ts";
import { csrfOf, requireCsrf } from "../cookies.ts";
import { notAuthenticated, UaaError } from "../errors.ts";
import { AUTHORIZATION_CODE, type CodePayload } from "../grants/authorization-code.ts";
import { authenticationNow } from "../grants/grant.ts";
import type { User } from "../model.ts";
import { parseScopes } from "../scopes.ts";
import { authenticationOf, endSession, type LiveSession, sessionOf, startSession } from "../session.ts";
import { sessionState } from "../session-state.ts";
import { requireAllowedProvider, scopesOfUser, signInByProgram } from "../sign-in.ts";
import type { Authentication } from "../token-claims.ts";
import { issueTokens } from "../token-service.ts";
import { approvalPage } from "./approval-page.ts";
import { userOfAutologin } from "./autologin.ts";
import { redirectToLogin, sendErrorPage, sendPage } from "./browser.ts";
import { bearerOf, parametersOf } from "./request.ts";

/** UAA: UaaAuthorizationCodeServices, 5 minutes */
const CODE_TTL_MS = 300_000;
/** Parameters of the answer of an approval page; the rest is the request itself. */
const APPROVAL_PREFIX = "scope.";

/** Who asks, and by what: a browser can be asked back, a bearer token or posted credentials cannot. */
interface Requester {
  readonly user: User;
  readonly authentication: Authentication;
  readonly browser: LiveSession | null;
}

/**
 * Hands codes and tokens to clients in the name of a signed-in user: by browser session, by bearer token as `cf ssh-code`
 * does, or by name and password posted along. UAA: UaaAuthorizationEndpoint
 */
export function registerAuthorize(server: FastifyInstance, context: UaaContext): void {
  server.get("/oauth/authorize", (request, reply) => authorize(context, request, reply));

  server.post("/oauth/authorize", async (request, reply) => {
    const parameters = parametersOf(request);
    if (parameters["user_oauth_approval"] === undefined) return await authorize(context, request, reply);
    return await takeAnswer(context, request, reply, parameters);
  });

  server.get("/oauth/confirm_access", (request, reply) => {
    const text =
      "No authorization request is present, so we cannot confirm access (we don't know what you are asking for).";
    return sendErrorPage(request, reply, new UaaError("invalid_request", text));
  });
}

async function authorize(context: UaaContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  let authorization: AuthorizationRequest;
  try {
    authorization = await readAuthorization(context, parametersOf(request));
  } catch (error) {
    return sendErrorPage(request, reply, error);
  }
  const { client, prompt, redirectUri } = authorization;
  const { code, ...withoutCode } = authorization.parameters;
  if (code !== undefined) {
    // A code of /autologin or of a password reset signs its user in. UAA: autologinAuthorizeRequestMatcher
    const user = await userOfAutologin(context, code, client.clientId);
    await startSession(context, request, reply, { user, authMethods: ["pwd"] });
    return reply.redirect(`/oauth/authorize?${new URLSearchParams(withoutCode)}`, 302);
  }
  try {
    checkAuthorization(authorization);
    const who = await requesterOf(context, request, reply, authorization);
    if (who === "sign in") return redirectToLogin(reply, withoutReauthentication(request));
    if (who === null) {
      if (prompt !== "none") return redirectToLogin(reply, request.url);
      const state = sessionState(context, "", client.clientId, redirectUri);
      return reply.redirect(returnAddress(authorization, { error: "login_required", session_state: state }), 302);
    }
    requireAllowedProvider(client, who.user);
    const scopes = await scopesOfUser(context, client, who.user, authorization.parameters["scope"]);
    const decided = await decidedScopes(context, authorization, who, scopes);
    if (decided !== null) return await sendAnswer(context, reply, authorization, who, decided);
    if (prompt === "none") return reply.redirect(returnAddress(authorization, { error: "interaction_required" }), 302);
    if (who.browser === null) throw new UaaError("access_denied", "The user has not approved the requested scopes");
    return await askUser(context, request, reply, authorization, who.browser, scopes);
  } catch (error) {
    return fail(request, reply, authorization, error);
  }
}

/** The client is told, unless the failure is none of its business. */
function fail(
  request: FastifyRequest,
  reply: FastifyReply,
  authorization: AuthorizationRequest,
  error: unknown,
): FastifyReply {
  if (!(error instanceof UaaError)) throw error;
  // Who came with a bad token or password must learn it himself. A user of the wrong provider is told too.
  const isForUser = error.status === 401 || request.headers.authorization !== undefined;
  if (isForUser && error.message !== "Unauthorized grant type") return sendErrorPage(request, reply, error);
  return reply.redirect(failureAddress(authorization, error), 302);
}

/** Null: nobody is signed in; `sign in`: the client wants a fresh sign-in. */
async function requesterOf(
  context: UaaContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { parameters }: AuthorizationRequest,
): Promise<Requester | "sign in" | null> {
  if (request.headers.authorization !== undefined) {
    const token = await bearerOf(context, request);
    // Only a token that lets act as the user may ask for codes for other clients.
    if (token.user === null || !token.scopes.has("uaa.user")) throw new UaaError("access_denied", "Access is denied");
    const authTime = token.claims["auth_time"];
    const authentication = { authTime: typeof authTime === "number" ? authTime : null, authMethods: [] };
    return { user: token.user, authentication, browser: null };
  }
  const posted = request.method === "POST" ? postedCredentials(parameters) : null;
  if (posted !== null) {
    const signedIn = await signInByProgram(context, posted.userName, posted.password, null);
    return { user: signedIn.user, authentication: authenticationNow(context, signedIn), browser: null };
  }
  const browser = await sessionOf(context, request);
  if (browser === null) return null;
  const maxAge = Number(parameters["max_age"] ?? Number.POSITIVE_INFINITY);
  const isTooOld = context.clock.nowMs() - browser.session.createdMs > maxAge * 1000;
  if (parameters["prompt"] === "login" || isTooOld) {
    // UAA: ReAuthenticationRequiredFilter
    await endSession(context, request, reply);
    return "sign in";
  }
  if (browser.passwordChangeRequired) return null; // the login page leads on to the new password
  return { user: browser.user, authentication: authenticationOf(browser.session), browser };
}

/** As command lines of old post them. UAA: AuthzAuthenticationFilter */
function postedCredentials(
  parameters: Readonly<Record<string, string>>,
): { readonly userName: string; readonly password: string } | null {
  const { credentials, username, password, source } = parameters;
  if (source === "credentials" && username !== undefined && password !== undefined) {
    return { userName: username, password };
  }
  if (credentials === undefined) return null;
  try {
    const read = JSON.parse(credentials) as Record<string, unknown> | null;
    return { userName: String(read?.["username"] ?? ""), password: String(read?.["password"] ?? "") };
  } catch {
    throw notAuthenticated();
  }
}

function withoutReauthentication(request: FastifyRequest): string {
  const url = new URL(request.url, "http://uaa");
  url.searchParams.delete("prompt");
  url.searchParams.delete("max_age");
  return `${url.pathname}${url.search}`;
}

/** What may be granted without asking; null: the user must be asked. UAA: UserManagedAuthzApprovalHandler.isApproved */
async function decidedScopes(
  context: UaaContext,
  { client }: AuthorizationRequest,
  who: Requester,
  scopes: readonly string[],
): Promise<string[] | null> {
  const auto = autoApproved(client, scopes);
  if (auto.length === scopes.length) return auto;
  const answers = await answersOf(context, who.user.id, client);
  if (!scopes.every((scope) => auto.includes(scope) || answers.has(scope))) return null;
  const granted = scopes.filter((scope) => auto.includes(scope) || answers.get(scope) === "APPROVED");
  return granted.length === 0 ? null : granted; // who has denied all is asked again
}

async function askUser(
  context: UaaContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { client, parameters }: AuthorizationRequest,
  browser: LiveSession,
  scopes: readonly string[],
): Promise<FastifyReply> {
  // The form brings back the answer alone: what is asked for cannot be changed between page and answer.
  await context.tokens.changeSession(browser.id, { ...browser.session.details, authorization: parameters });
  await context.file.durable();
  const auto = autoApproved(client, scopes);
  const answers = await answersOf(context, browser.user.id, client);
  const open = scopes.filter((scope) => !auto.includes(scope));
  const described = new Map((await context.groups.findByNames(open)).map((group) => [group.displayName, group]));
  const name = client.additional["name"];
  const page = approvalPage({
    csrf: csrfOf(context, request, reply),
    clientName: typeof name === "string" && name !== "" ? name : client.clientId,
    userName: browser.user.userName,
    action: request.url,
    scopes: open.map((scope) => ({
      scope,
      text: described.get(scope)?.description || scope,
      checked: answers.get(scope) !== "DENIED",
    })),
  });
  return sendPage(reply, page);
}

/** The approval form comes back. UAA: approveOrDeny */
async function takeAnswer(
  context: UaaContext,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Readonly<Record<string, string>>,
): Promise<FastifyReply> {
  const browser = await sessionOf(context, request);
  if (browser === null) return redirectToLogin(reply, request.url);
  requireCsrf(request, parameters);
  const { authorization: asked, ...details } = browser.session.details;
  if (asked === undefined) {
    throw new UaaError("invalid_request", "Cannot approve uninitialized authorization request.");
  }
  await context.tokens.changeSession(browser.id, details);
  let authorization: AuthorizationRequest;
  try {
    authorization = await readAuthorization(context, asked);
  } catch (error) {
    return sendErrorPage(request, reply, error);
  }
  try {
    const { client } = authorization;
    checkAuthorization(authorization);
    const scopes = await scopesOfUser(context, client, browser.user, authorization.parameters["scope"]);
    const ticked = Object.entries(parameters)
      .filter(([name]) => name.startsWith(APPROVAL_PREFIX))
      .map(([, value]) => (value.startsWith(APPROVAL_PREFIX) ? value.slice(APPROVAL_PREFIX.length) : value));
    if (!ticked.every((scope) => scopes.includes(scope))) {
      const text = "The requested scopes are invalid. Please use valid scope names in the request.";
      throw new UaaError("invalid_scope", text);
    }
    if (parameters["user_oauth_approval"]?.toLowerCase() !== "true") {
      throw new UaaError("access_denied", "User denied access");
    }
    const auto = autoApproved(client, scopes);
    const nowMs = context.clock.nowMs();
    const open = scopes.filter((scope) => !auto.includes(scope));
    await context.tokens.saveApprovals(
      open.map((scope) => ({
        userId: browser.user.id,
        clientId: client.clientId,
        scope,
        status: ticked.includes(scope) ? "APPROVED" : "DENIED",
        expiresMs: nowMs + APPROVAL_TTL_MS,
        lastModifiedMs: nowMs,
      })),
    );
    await context.file.durable();
    audit(context, "ApprovalModifiedEvent", { userId: browser.user.id, clientId: client.clientId, approved: ticked });
    const granted = scopes.filter((scope) => auto.includes(scope) || ticked.includes(scope));
    if (granted.length === 0) throw new UaaError("access_denied", "User denied access");
    const who = { user: browser.user, authentication: authenticationOf(browser.session), browser };
    return await sendAnswer(context, reply, authorization, who, granted);
  } catch (error) {
    return fail(request, reply, authorization, error);
  }
}

/** Code, tokens or both. UAA: getImplicitGrantOrHybridResponse, getAuthorizationCodeResponse */
async function sendAnswer(
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
  await context.file.durable();
  return code;
}
