import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { UaaContext } from "../context.ts";
import { csrfOf, requireCsrf } from "../cookies.ts";
import { accessDenied, UaaError } from "../errors.ts";
import { isLogoutRedirectAllowed } from "../logout-redirect.ts";
import { ownPath } from "../own-path.ts";
import { makePasscode } from "../passcode.ts";
import { providerLogoutUrl } from "../provider-logout.ts";
import { endSession, sessionOf, startSession } from "../session.ts";
import { LOCKED, NOT_VERIFIED, signIn } from "../sign-in.ts";
import { verifySignature } from "../token-service.ts";
import { forcedChange, redirectToLogin, requireSession, sendPage, wantsHtml } from "./browser.ts";
import { IMPLICIT_PAGE, IMPLICIT_POLICY } from "./implicit-page.ts";
import { infoOf } from "./info.ts";
import { homePage, loginPage, passcodePage } from "./login-page.ts";
import { selfServiceMail } from "./password-reset.ts";
import { bearerOf, parametersOf } from "./request.ts";

/** Sign-in and sign-out with a browser. UAA: LoginInfoEndpoint, PasscodeEndpoint, WhitelistLogoutHandler */
export function registerLogin(server: FastifyInstance, context: UaaContext): void {
  const home = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const session = await requireSession(context, request, reply);
    if (session === null) return reply;
    const { homeUrl } = context.config;
    if (homeUrl !== undefined && homeUrl !== "/" && homeUrl !== "/home") return reply.redirect(homeUrl, 302);
    const tiles = (await context.clients.allMetadata()).flatMap(
      ({ clientId, clientName, showOnHomePage, appLaunchUrl }) =>
        showOnHomePage && appLaunchUrl !== null ? [{ name: clientName ?? clientId, url: appLaunchUrl }] : [],
    );
    return sendPage(reply, homePage(session.user.userName, tiles));
  };
  server.get("/", home);
  server.get("/home", home);

  server.get("/login", async (request, reply) => {
    if (!wantsHtml(request)) return reply.send(infoOf(context, true));
    const parameters = parametersOf(request);
    const redirectTo = ownPath(parameters["form_redirect_uri"]);
    const session = await sessionOf(context, request);
    if (session !== null) {
      return reply.redirect(session.passwordChangeRequired ? forcedChange(redirectTo) : redirectTo, 302);
    }
    const links = await context.identities.loginLinks(redirectTo);
    const { origin, userName } = readLoginHint(redirectTo, parameters["login_hint"]);
    const hinted = links.find((link) => link.origin === origin);
    if (hinted !== undefined && parameters["error"] === undefined) return reply.redirect(hinted.href, 302);
    const html = loginPage({
      csrf: csrfOf(context, request, reply),
      redirectTo,
      userName,
      error: parameters["error"] ?? null,
      success: parameters["success"] ?? null,
      links,
      selfService: selfServiceMail(context) !== null,
    });
    return sendPage(reply, html);
  });
  server.get("/login_implicit", (_request, reply) => sendPage(reply, IMPLICIT_PAGE, IMPLICIT_POLICY));
  server.get("/delete_saved_account", (request, reply) => {
    const { userId = "" } = parametersOf(request);
    const name = `Saved-Account-${encodeURIComponent(userId.slice(0, 255))}`;
    reply.header("set-cookie", `${name}=; Max-Age=0; Path=/login`);
    return reply.redirect("/login", 302);
  });

  server.post("/login.do", async (request, reply) => {
    const parameters = parametersOf(request);
    try {
      requireCsrf(request, parameters);
    } catch (error) {
      if (!wantsHtml(request)) throw error;
      return reply.redirect("/login?error=invalid_login_request", 302);
    }
    const { username = "", password = "" } = parameters;
    const redirectTo = ownPath(parameters["form_redirect_uri"]);
    try {
      const signedIn = await signIn(context, username, password, null);
      await startSession(context, request, reply, signedIn);
      return reply.redirect(signedIn.passwordChangeRequired ? forcedChange(redirectTo) : redirectTo, 302);
    } catch (error) {
      if (!(error instanceof UaaError) || error.status >= 500) throw error;
      const reason =
        error.message === LOCKED
          ? "account_locked"
          : error.message === NOT_VERIFIED
            ? "account_not_verified"
            : "login_failure";
      return reply.redirect(`/login?${new URLSearchParams({ error: reason, form_redirect_uri: redirectTo })}`, 302);
    }
  });

  server.get("/logout.do", async (request, reply) => {
    const session = await sessionOf(context, request);
    await endSession(context, request, reply);
    const parameters = parametersOf(request);
    const { uaaUrl } = context.config;
    const elsewhere = session === null ? null : await providerLogoutUrl(context, session, uaaUrl + request.url);
    // The provider sends the browser back here, where it then has no session.
    if (elsewhere !== null) return reply.redirect(elsewhere, 302);
    const { redirect, fallback } = logoutOf(context);
    const target = parameters["post_logout_redirect_uri"] ?? (redirect === null ? undefined : parameters[redirect]);
    if (target === undefined) return reply.redirect(fallback, 302);
    const clientId = await clientOfLogout(context, parameters);
    const client = clientId === null ? null : await context.clients.find(clientId);
    const isAllowed = isLogoutRedirectAllowed(target, context.config, client?.redirectUris ?? null);
    if (!isAllowed) return reply.redirect(fallback, 302);
    const { state } = parameters;
    const url = new URL(target, context.config.uaaUrl);
    if (state !== undefined && parameters["post_logout_redirect_uri"] !== undefined)
      url.searchParams.set("state", state);
    return reply.redirect(url.toString(), 302);
  });

  server.get("/passcode", async (request, reply) => {
    if (request.headers.authorization !== undefined) {
      // A program that holds the user's token gets one too. UAA: PasscodeEndpoint
      const { user } = await bearerOf(context, request);
      if (user === null) throw accessDenied();
      const nowMs = context.clock.nowMs();
      const session = { userId: user.id, createdMs: nowMs, expiresMs: nowMs, details: {} };
      return reply.header("cache-control", "no-store").send(JSON.stringify(await makePasscode(context, session)));
    }
    if ((await sessionOf(context, request)) === null) return redirectToLogin(reply, "/passcode");
    const session = await requireSession(context, request, reply);
    if (session === null) return reply;
    const passcode = await makePasscode(context, session.session);
    if (wantsHtml(request)) return sendPage(reply, passcodePage(passcode));
    return reply.header("cache-control", "no-store").send(passcode);
  });
}

/** The name of the parameter with the address to go to, null when there is none, and where else the browser goes. UAA: Links.Logout */
function logoutOf({ config }: UaaContext): { readonly redirect: string | null; readonly fallback: string } {
  const { isRedirectOff = false, redirectParameter = "redirect", redirectUrl = "/login" } = config.logout ?? {};
  return { redirect: isRedirectOff ? null : redirectParameter, fallback: redirectUrl };
}

/** The client that sent the browser to sign out: by a token of ours, or by name. */
async function clientOfLogout(
  context: UaaContext,
  parameters: Readonly<Record<string, string>>,
): Promise<string | null> {
  const { id_token_hint: idToken, client_id: clientId } = parameters;
  if (idToken === undefined) return clientId ?? null;
  try {
    return String((await verifySignature(context, idToken))["azp"]);
  } catch {
    return null;
  }
}

/**
 * `login_hint` of the page itself or of the authorization request that led to it: JSON with an origin, or the name of who
 * is to sign in. UAA: UaaLoginHint
 */
function readLoginHint(
  redirectTo: string,
  own: string | undefined,
): { readonly origin: string | null; readonly userName: string } {
  const hint = own ?? new URL(redirectTo, "http://uaa").searchParams.get("login_hint") ?? "";
  try {
    const read = JSON.parse(hint) as Record<string, unknown> | null;
    const origin = read?.["origin"];
    return { origin: typeof origin === "string" ? origin : null, userName: "" };
  } catch {
    return { origin: null, userName: hint.slice(0, 255) };
  }
}
