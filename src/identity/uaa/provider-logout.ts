import type { UaaContext } from "./context.ts";
import { isOauth } from "./identity-provider.ts";
import { isProviderFailure } from "./oidc-sign-in.ts";
import type { LiveSession } from "./session.ts";

/**
 * Where a browser goes to sign out at the provider that vouched for its user too; it comes back to `returnTo`. Null: no
 * provider did, or that one has no such address or is not to be bothered. UAA: ExternalOAuthLogoutHandler
 */
export async function providerLogoutUrl(
  context: UaaContext,
  { user, session }: LiveSession,
  returnTo: string,
): Promise<string | null> {
  const { authMethods = [], providerIdToken } = session.details;
  const provider = authMethods.includes("oauth") ? await context.providers.byOrigin(user.origin) : null;
  if (provider === null || !isOauth(provider.type) || provider.config["performRpInitiatedLogout"] === false)
    return null;
  try {
    const { logoutUrl } = await context.oidc.endpoints(provider);
    if (logoutUrl === null) return null;
    const url = new URL(logoutUrl);
    url.searchParams.set("post_logout_redirect_uri", returnTo);
    url.searchParams.set("client_id", String(provider.config["relyingPartyId"]));
    if (providerIdToken !== undefined) url.searchParams.set("id_token_hint", providerIdToken);
    return url.toString();
  } catch (error) {
    if (!isProviderFailure(error)) throw error;
    context.log.warn("sign-out at identity provider is left out", { origin: user.origin, reason: error.message });
    return null;
  }
}
