import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { APPROVAL_TTL_MS, answersOf, autoApproved } from "../approval.ts";
import { audit } from "../audit.ts";
import {
  type AuthorizationRequest,
  checkAuthorization,
  failureAddress,
  readAuthorization,
  returnAddress,
} from "../authorization-request.ts";
import type { UaaContext } from "../context.ts";
import { csrfOf, requireCsrf } from "../cookies.ts";
import { UaaError } from "../errors.ts";
import { authenticationOf, type LiveSession, sessionOf, startSession } from "../session.ts";
import { sessionState } from "../session-state.ts";
import { requireAllowedProvider, scopesOfUser } from "../sign-in.ts";
import { approvalPage } from "./approval-page.ts";
import { sendAnswer } from "./authorization-answer.ts";
import { type Requester, requesterOf } from "./authorization-requester.ts";
import { userOfAutologin } from "./autologin.ts";
import { redirectToLogin, requireSession, sendErrorPage, sendPage } from "./browser.ts";
import { errorPage } from "./page.ts";
import { parametersOf } from "./request.ts";

/** UAA: AccessController */
const NOTHING_ASKED =
  "No authorization request is present, so we cannot confirm access (we don't know what you are asking for).";
/** Parameters of the answer of an approval page; the rest is the request itself. */
const APPROVAL_PREFIX = "scope.";

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

  server.get("/oauth/confirm_access", async (request, reply) => {
    const browser = await requireSession(context, request, reply);
    if (browser === null) return reply;
    const asked = browser.session.details.authorization;
    if (asked === undefined) return sendPage(reply, errorPage(NOTHING_ASKED));
    const authorization = await readAuthorization(context, asked);
    const scopes = await scopesOfUser(context, authorization.client, browser.user, asked["scope"]);
    return await askUser(context, request, reply, authorization, browser, scopes);
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
    if (who === null || who === "change password") {
      if (prompt !== "none") return redirectToLogin(reply, request.url); // from there to the page for the new password
      const error = who === null ? "login_required" : "interaction_required";
      const state = sessionState(context, "", client.clientId, redirectUri);
      return reply.redirect(returnAddress(authorization, { error, session_state: state }), 302);
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
  await context.database.durable();
  const auto = autoApproved(client, scopes);
  const answers = await answersOf(context, browser.user.id, client);
  const open = scopes.filter((scope) => !auto.includes(scope));
  const described = new Map((await context.groups.findByNames(open)).map((group) => [group.displayName, group]));
  const name = client.additional["name"];
  const page = approvalPage({
    csrf: csrfOf(context, request, reply),
    clientName: typeof name === "string" && name !== "" ? name : client.clientId,
    userName: browser.user.userName,
    action: `/oauth/authorize?${new URLSearchParams(parameters)}`,
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
    await context.database.durable();
    audit(context, "ApprovalModifiedEvent", { userId: browser.user.id, clientId: client.clientId, approved: ticked });
    const granted = scopes.filter((scope) => auto.includes(scope) || ticked.includes(scope));
    if (granted.length === 0) throw new UaaError("access_denied", "User denied access");
    const who = { user: browser.user, authentication: authenticationOf(browser.session), browser };
    return await sendAnswer(context, reply, authorization, who, granted);
  } catch (error) {
    return fail(request, reply, authorization, error);
  }
}
