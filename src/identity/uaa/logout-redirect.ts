import type { UaaConfig } from "./config.ts";
import { isAddressAllowed } from "./redirect-uri.ts";

/**
 * Whether the browser may be sent there after sign-out: a page of ours, an address of the configuration, or one that is
 * registered for the client that asks (null: it named none). UAA: WhitelistLogoutHandler.determineTargetUrl
 */
export function isLogoutRedirectAllowed(
  target: string,
  config: Pick<UaaConfig, "uaaUrl" | "loginUrl" | "logoutRedirects">,
  clientRedirects: readonly string[] | null,
): boolean {
  if (/^\/(?![/\\])[^\\\r\n\t]*$/.test(target)) return true;
  if (!URL.canParse(target)) return false;
  const { origin } = new URL(target);
  if (origin === new URL(config.uaaUrl).origin || origin === new URL(config.loginUrl).origin) return true;
  return isAddressAllowed([...(config.logoutRedirects ?? []), ...(clientRedirects ?? [])], target);
}
