import { timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";

export const CSRF_COOKIE = "X-Uaa-Csrf";
/** UAA: CookieBasedCsrfTokenRepository, 24 hours */
const CSRF_MAX_AGE_SECONDS = 86_400;

export function cookieOf(request: FastifyRequest, name: string): string | null {
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return null;
}

/**
 * Sets a cookie that no other site sends along with a form, and (unless `forScripts`) no script reads. `maxAge` null:
 * until the browser ends.
 */
export function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  value: string,
  maxAge: number | null,
  forScripts = false,
): void {
  // The router in front ends TLS and says so. Over plain HTTP a text browser would drop a Secure cookie.
  const secure = request.headers["x-forwarded-proto"] === "http" ? "" : "; Secure";
  const age = maxAge === null ? "" : `; Max-Age=${maxAge}`;
  reply.header("set-cookie", `${name}=${value}; Path=/${forScripts ? "" : "; HttpOnly"}${secure}; SameSite=Lax${age}`);
}

/** The value that a form must bring back; a cookie of its own, so that other sites cannot know it. */
export function csrfOf(context: UaaContext, request: FastifyRequest, reply: FastifyReply): string {
  const existing = cookieOf(request, CSRF_COOKIE);
  if (existing !== null && /^[\w-]{22,64}$/.test(existing)) return existing;
  const value = context.secrets.token(24);
  setCookie(request, reply, CSRF_COOKIE, value, CSRF_MAX_AGE_SECONDS);
  return value;
}

/** Throws `access_denied` unless the form came from one of our pages. */
export function requireCsrf(request: FastifyRequest, parameters: Readonly<Record<string, string>>): void {
  const header = request.headers["x-csrf-token"];
  const wanted = Buffer.from(cookieOf(request, CSRF_COOKIE) ?? "");
  const brought = Buffer.from(parameters[CSRF_COOKIE] ?? (typeof header === "string" ? header : ""));
  if (wanted.length === 0 || wanted.length !== brought.length || !timingSafeEqual(wanted, brought)) {
    throw new UaaError("access_denied", "Invalid CSRF token");
  }
}
