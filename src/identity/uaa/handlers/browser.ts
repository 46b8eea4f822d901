import type { FastifyReply, FastifyRequest } from "fastify";
import type { UaaContext } from "../context.ts";
import { toWireError } from "../errors.ts";
import { type LiveSession, sessionOf } from "../session.ts";
import { errorPage, PAGE_POLICY } from "./page.ts";

/** Sends a page of ours, which no other site may frame and no cache keep. */
export function sendPage(reply: FastifyReply, html: string, policy = PAGE_POLICY): FastifyReply {
  return reply
    .header("content-security-policy", policy)
    .header("x-frame-options", "DENY")
    .header("x-content-type-options", "nosniff")
    .header("referrer-policy", "no-referrer")
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .send(html);
}

/** A failure for a person, or for a program when that is what asked. */
export function sendErrorPage(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  if (!wantsHtml(request)) throw error;
  const { status, body } = toWireError(error);
  if (status >= 500) throw error;
  return sendPage(reply.code(status), errorPage(String(body["error_description"])));
}

/** To the login page; `target` comes after it. */
export function redirectToLogin(reply: FastifyReply, target: string): FastifyReply {
  return reply.redirect(`/login?${new URLSearchParams({ form_redirect_uri: target })}`, 302);
}

/**
 * The browser's session for a page that needs one. Null: the answer has been sent already, to the login page or to where
 * a new password must be chosen first. UAA: PasswordChangeUiRequiredFilter
 */
export async function requireSession(
  context: UaaContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<LiveSession | null> {
  const session = await sessionOf(context, request);
  const target = request.method === "GET" ? request.url : "/";
  if (session === null) {
    redirectToLogin(reply, target);
    return null;
  }
  if (!session.passwordChangeRequired) return session;
  reply.redirect(forcedChange(target), 302);
  return null;
}

/** The page for the new password that must come first; `target` comes after it. */
export function forcedChange(target: string): string {
  return `/force_password_change?${new URLSearchParams({ form_redirect_uri: target })}`;
}

export function wantsHtml(request: FastifyRequest): boolean {
  return (request.headers.accept ?? "").includes("text/html");
}
