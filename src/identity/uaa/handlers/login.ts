import { timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { signIn } from "../sign-in.ts";
import { infoOf } from "./info.ts";
import { homePage, loginPage, PAGE_POLICY, passcodePage } from "./pages.ts";
import { cookieOf, parametersOf, SESSION_COOKIE, sessionUserOf } from "./request.ts";

const CSRF_COOKIE = "X-Uaa-Csrf";
/** UAA: servlet.session-cookie and the container's session timeout */
const SESSION_TTL_MS = 1_800_000;
/** UAA: PasscodeEndpoint */
const PASSCODE_TTL_MS = 300_000;

/** Sign-in with a browser. UAA: LoginInfoEndpoint, PasscodeEndpoint */
export function registerLogin(server: FastifyInstance, context: UaaContext): void {
  const { clock, secrets, tokens, file } = context;

  const home = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const session = await sessionUserOf(context, request);
    if (session === null) return redirectToLogin(request, reply);
    return sendPage(reply, homePage(session.user.userName));
  };
  server.get("/", home);
  server.get("/home", home);

  server.get("/login", async (request, reply) => {
    if (!wantsHtml(request)) return reply.send(infoOf(context, true));
    const { form_redirect_uri: redirectTo = "/", error } = parametersOf(request);
    return sendPage(reply, loginPage(csrfOf(context, request, reply), redirectTo, error !== undefined));
  });

  server.post("/login.do", async (request, reply) => {
    const parameters = parametersOf(request);
    requireCsrf(request, parameters[CSRF_COOKIE]);
    const { username = "", password = "", form_redirect_uri: wanted = "/" } = parameters;
    const redirectTo = isOwnPath(wanted) ? wanted : "/";
    try {
      const user = await signIn(context, username, password, null);
      const sessionId = secrets.token(32);
      await tokens.saveSession(sessionId, user.id, clock.nowMs(), clock.nowMs() + SESSION_TTL_MS);
      await file.durable();
      reply.header("set-cookie", `${SESSION_COOKIE}=${sessionId}; Path=/; HttpOnly; Secure; SameSite=Lax`);
      return reply.redirect(redirectTo, 302);
    } catch (error) {
      if (!(error instanceof UaaError)) throw error;
      const query = new URLSearchParams({ error: "login_failure", form_redirect_uri: redirectTo });
      return reply.redirect(`/login?${query}`, 302);
    }
  });

  server.get("/logout.do", async (request, reply) => {
    const sessionId = cookieOf(request, SESSION_COOKIE);
    if (sessionId !== null) await tokens.deleteSession(sessionId);
    await file.durable();
    reply.header("set-cookie", `${SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; Secure`);
    return reply.redirect("/login", 302);
  });

  server.get("/passcode", async (request, reply) => {
    const session = await sessionUserOf(context, request);
    if (session === null) return redirectToLogin(request, reply);
    const passcode = secrets.token(24);
    const intent = `PASSCODE ${session.user.id}`;
    await tokens.saveCode(passcode, intent, null, clock.nowMs() + PASSCODE_TTL_MS, true);
    await file.durable();
    reply.header("cache-control", "no-store");
    return wantsHtml(request) ? sendPage(reply, passcodePage(passcode)) : reply.send(passcode);
  });
}

/** Back to the wanted page after sign-in. */
export function redirectToLogin(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const query = new URLSearchParams({ form_redirect_uri: request.url });
  return reply.redirect(`/login?${query}`, 302);
}

export function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .header("content-security-policy", PAGE_POLICY)
    .header("x-frame-options", "DENY")
    .header("referrer-policy", "no-referrer")
    .type("text/html; charset=utf-8")
    .send(html);
}

/** The value that a form must bring back; a cookie of its own, so that other sites cannot know it. */
export function csrfOf(context: UaaContext, request: FastifyRequest, reply: FastifyReply): string {
  const existing = cookieOf(request, CSRF_COOKIE);
  if (existing !== null && existing.length >= 32) return existing;
  const value = context.secrets.token(24);
  reply.header("set-cookie", `${CSRF_COOKIE}=${value}; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=86400`);
  return value;
}

export function requireCsrf(request: FastifyRequest, given: string | undefined): void {
  const wanted = Buffer.from(cookieOf(request, CSRF_COOKIE) ?? "");
  const brought = Buffer.from(given ?? "");
  if (wanted.length === 0 || wanted.length !== brought.length || !timingSafeEqual(wanted, brought)) {
    throw new UaaError("access_denied", "Invalid CSRF token");
  }
}

function wantsHtml(request: FastifyRequest): boolean {
  return (request.headers.accept ?? "").includes("text/html");
}

/** A path of ours: nobody is sent to another site after sign-in. */
function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])[^\\\r\n]*$/.test(path);
}
