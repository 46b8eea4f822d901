import type { FastifyInstance } from "fastify";
import { audit } from "../audit.ts";
import type { UaaContext } from "../context.ts";
import { cookieOf, setCookie } from "../cookies.ts";
import { UaaError } from "../errors.ts";
import { type IdentityProvider, isOauth } from "../identity-provider.ts";
import { authorizationUrl, isProviderFailure, type OidcRequest, signInWithCode } from "../oidc-sign-in.ts";
import { ownPath } from "../own-path.ts";
import { startSession } from "../session.ts";
import { sendErrorPage } from "./browser.ts";
import { parametersOf } from "./request.ts";

type ByOrigin = { Params: { origin: string } };

/** Ties the answer of a provider to the browser that was sent there: nobody can sign others in as himself. */
const STATE_COOKIE = "uaa_external_state";
const INTENT = "EXTERNAL_LOGIN";
/** Time to sign in at the provider. */
const STATE_MS = 600_000;

/** The way to an OAuth or OpenID Connect provider and back. UAA: ExternalOAuthAuthenticationFilter */
export function registerExternalLogin(server: FastifyInstance, context: UaaContext): void {
  const { tokens, secrets, clock, database, oidc } = context;

  server.get<ByOrigin>("/login/external/:origin", async (request, reply) => {
    const provider = await find(request.params.origin);
    if (provider === null) return reply.redirect("/login?error=login_failure", 302);
    const state = secrets.token(24);
    const oidcRequest: OidcRequest = {
      origin: provider.originKey,
      nonce: secrets.token(24),
      verifier: secrets.token(48),
      target: ownPath(parametersOf(request)["form_redirect_uri"]),
    };
    try {
      const endpoints = await oidc.endpoints(provider);
      await tokens.saveCode(state, INTENT, oidcRequest, clock.nowMs() + STATE_MS, false);
      await database.durable();
      setCookie(request, reply, STATE_COOKIE, state, STATE_MS / 1000);
      return reply.redirect(authorizationUrl(context, provider, endpoints, oidcRequest, state), 302);
    } catch (error) {
      if (!isProviderFailure(error)) throw error;
      context.log.warn("identity provider cannot be used", { origin: provider.originKey, reason: error.message });
      return sendErrorPage(request, reply, refused());
    }
  });

  server.get<ByOrigin>("/login/callback/:origin", async (request, reply) => {
    const { origin } = request.params;
    const { code, state, error: providerError } = parametersOf(request);
    const taken = state === undefined ? null : await tokens.takeCode(state, clock.nowMs());
    await database.durable();
    const isOurs = taken !== null && taken.intent === INTENT && cookieOf(request, STATE_COOKIE) === state;
    setCookie(request, reply, STATE_COOKIE, "", 0);
    const oidcRequest = isOurs ? (taken.payload as OidcRequest) : null;
    const provider = await find(origin);
    if (oidcRequest === null || oidcRequest.origin !== origin || provider === null) {
      return sendErrorPage(request, reply, new UaaError("unauthorized", "Invalid state parameter"));
    }
    if (providerError !== undefined || code === undefined) {
      context.log.info("identity provider refused", { origin, reason: String(providerError).slice(0, 100) });
      return sendErrorPage(request, reply, refused());
    }
    try {
      const signedIn = await signInWithCode(context, oidc, provider, code, oidcRequest);
      await startSession(context, request, reply, signedIn);
      audit(context, "UserAuthenticationSuccess", { userId: signedIn.user.id, origin });
      return reply.redirect(oidcRequest.target, 302);
    } catch (error) {
      if (!isProviderFailure(error) && !(error instanceof UaaError && error.status < 500)) throw error;
      context.log.warn("sign-in at identity provider failed", { origin, reason: (error as Error).message });
      return sendErrorPage(request, reply, refused());
    }
  });

  async function find(origin: string): Promise<IdentityProvider | null> {
    const provider = await context.providers.byOrigin(origin);
    return provider?.active && isOauth(provider.type) ? provider : null;
  }
}

function refused(): UaaError {
  return new UaaError("unauthorized", "There was an error when authenticating against the external identity provider.");
}
