import type { FastifyReply, FastifyRequest } from "fastify";
import type { AuthorizationRequest } from "../authorization-request.ts";
import type { UaaContext } from "../context.ts";
import { accessDenied, notAuthenticated } from "../errors.ts";
import { authenticationNow } from "../grants/grant.ts";
import type { User } from "../model.ts";
import { authenticationOf, endSession, type LiveSession, sessionOf } from "../session.ts";
import { signInByProgram } from "../sign-in.ts";
import type { Authentication } from "../token-claims.ts";
import { bearerOf, hasScope, insufficientScope } from "./request.ts";

/** Who asks, and by what: a browser can be asked back, a bearer token or posted credentials cannot. */
export interface Requester {
  readonly user: User;
  readonly authentication: Authentication;
  readonly browser: LiveSession | null;
}

/** Null: nobody is signed in; `sign in`: the client wants a fresh sign-in; `change password`: that must come first. */
export async function requesterOf(
  context: UaaContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { parameters }: AuthorizationRequest,
): Promise<Requester | "sign in" | "change password" | null> {
  if (request.headers.authorization !== undefined) {
    const token = await bearerOf(context, request);
    // Only a token that lets act as the user may ask for codes for other clients. UAA: statelessAuthorizeApiSecurity
    if (!hasScope(token, "uaa.admin", "uaa.user")) throw insufficientScope(["uaa.admin", "uaa.user"]);
    if (token.user === null) throw accessDenied();
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
  if (browser.passwordChangeRequired) return "change password";
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
