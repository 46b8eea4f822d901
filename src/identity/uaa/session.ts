import type { FastifyReply, FastifyRequest } from "fastify";
import type { UaaContext } from "./context.ts";
import { cookieOf, setCookie } from "./cookies.ts";
import type { ExternalSignIn } from "./identity-source.ts";
import type { User } from "./model.ts";
import { mustChangePassword } from "./password-policy.ts";
import { signInMethodOf } from "./sign-in-method.ts";
import type { Session } from "./store-tokens.ts";
import type { Authentication } from "./token-claims.ts";

const SESSION_COOKIE = "JSESSIONID";
const CURRENT_USER_COOKIE = "Current-User";
/** UAA: the container's session timeout, 30 minutes without a request */
const IDLE_MS = 1_800_000;
/** A busy browser must not cost a write at every request. */
const EXTEND_AFTER_MS = 60_000;

/** A browser whose user has signed in. */
export interface LiveSession {
  readonly id: string;
  readonly user: User;
  readonly session: Session;
  /** Until then no page but that one is served. */
  readonly passwordChangeRequired: boolean;
}

/** A new session in place of the browser's old one: an id that somebody planted is worth nothing. Durable. */
export async function startSession(
  context: UaaContext,
  request: FastifyRequest,
  reply: FastifyReply,
  signedIn: ExternalSignIn,
): Promise<void> {
  const { tokens, clock, secrets, database } = context;
  const old = cookieOf(request, SESSION_COOKIE);
  if (old !== null) await tokens.deleteSession(old);
  const id = secrets.token(32);
  const { user } = signedIn;
  const { providerIdToken } = signedIn;
  const details = { ...signInMethodOf(signedIn), ...(providerIdToken === undefined ? {} : { providerIdToken }) };
  const createdMs = clock.nowMs();
  await tokens.saveSession(id, { userId: user.id, createdMs, expiresMs: createdMs + IDLE_MS, details });
  await database.durable();
  setCookie(request, reply, SESSION_COOKIE, id, null);
  // For the script of /session_management. UAA: CurrentUserCookieFactory
  setCookie(request, reply, CURRENT_USER_COOKIE, encodeURIComponent(JSON.stringify({ userId: user.id })), null, true);
}

/** The browser's session; null: nobody is signed in. Each use lets it live on. */
export async function sessionOf(context: UaaContext, request: FastifyRequest): Promise<LiveSession | null> {
  const { tokens, users, clock } = context;
  const id = cookieOf(request, SESSION_COOKIE);
  if (id === null) return null;
  const nowMs = clock.nowMs();
  const session = await tokens.session(id, nowMs);
  if (session === null) return null;
  const user = await users.find(session.userId);
  if (user === null || !user.active) return null;
  if (nowMs + IDLE_MS - session.expiresMs > EXTEND_AFTER_MS) await tokens.extendSession(id, nowMs + IDLE_MS);
  return { id, user, session, passwordChangeRequired: await mustChangePassword(context, user) };
}

export async function endSession(context: UaaContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const id = cookieOf(request, SESSION_COOKIE);
  if (id !== null) await context.tokens.deleteSession(id);
  await context.database.durable();
  setCookie(request, reply, SESSION_COOKIE, "", 0);
  setCookie(request, reply, CURRENT_USER_COOKIE, "", 0, true);
}

/** How the session's user signed in, as tokens tell of it. */
export function authenticationOf({ createdMs, details }: Session): Authentication {
  return { authTime: Math.floor(createdMs / 1000), ...signInMethodOf({ authMethods: ["pwd"], ...details }) };
}
