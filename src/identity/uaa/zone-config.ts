import type { UaaConfig } from "./config.ts";
import type { IdentityZone } from "./identity-zone.ts";
import { ownPath } from "./own-path.ts";
import { isHttpUrl } from "./provider-http.ts";

/** The configuration of a zone: that of the default zone at its own addresses, without its clients, under its own policies. */
export function configOfZone(config: UaaConfig, zone: IdentityZone): UaaConfig {
  const policy = objectOf(zone.config["tokenPolicy"]);
  const defaultGroups = objectOf(zone.config["userConfig"])["defaultGroups"];
  const seconds = (name: string): number | null => (Number(policy[name]) > 0 ? Number(policy[name]) : null);
  const access = seconds("accessTokenValidity");
  const refresh = seconds("refreshTokenValidity");
  const uaaUrl = withSubdomain(config.uaaUrl, zone.subdomain);
  const { branding: _, prompts: __, homeUrl: ___, ...shared } = config;
  return {
    ...shared,
    clients: [],
    uaaUrl,
    loginUrl: withSubdomain(config.loginUrl, zone.subdomain),
    issuerUrl: `${uaaUrl}/oauth/token`,
    ...(access === null ? {} : { accessTokenTtlSeconds: access }),
    ...(refresh === null ? {} : { refreshTokenTtlSeconds: refresh }),
    ...(policy["refreshTokenUnique"] === true ? { refreshTokenUnique: true } : {}),
    ...(policy["refreshTokenRotate"] === true ? { refreshTokenRotate: true } : {}),
    ...(policy["refreshTokenFormat"] === "opaque" || policy["refreshTokenFormat"] === "jwt"
      ? { refreshTokenFormat: policy["refreshTokenFormat"] }
      : {}),
    ...(Array.isArray(defaultGroups) ? { defaultUserGroups: defaultGroups.map(String) } : {}),
    ...secretPolicyOf(zone.config["clientSecretPolicy"]),
    ...looksOf(zone),
  };
}

/** A policy whose minLength is -1 is none. UAA: ClientSecretPolicy */
function secretPolicyOf(value: unknown): Pick<UaaConfig, "clientSecretPolicy"> {
  const policy = objectOf(value);
  if (policy["minLength"] === undefined || policy["minLength"] === -1) return {};
  const counts = Object.entries(policy).filter(([, count]) => Number.isInteger(count) && Number(count) >= 0);
  return { clientSecretPolicy: Object.fromEntries(counts) };
}

/** What people see of a zone. Of the default zone's looks it has nothing. UAA: IdentityZoneConfiguration */
function looksOf({ id, subdomain, config }: IdentityZone): ZoneLooks {
  const branding = objectOf(config["branding"]);
  const links = objectOf(config["links"]);
  const logout = objectOf(links["logout"]);
  const selfService = objectOf(links["selfService"] ?? links["service"]);
  const inZone = (address: unknown): unknown =>
    typeof address === "string" ? address.replaceAll("{zone.id}", id).replaceAll("{zone.subdomain}", subdomain) : null;
  const home = targetOf(inZone(links["homeRedirect"]));
  const afterLogout = targetOf(logout["redirectUrl"]);
  const prompts = Array.isArray(config["prompts"]) ? config["prompts"].map(objectOf) : [];
  const named = prompts.filter(({ name, type, text }) => [name, type, text].every((part) => typeof part === "string"));
  return {
    branding: {
      ...textIn(branding, "companyName", "companyName"),
      ...textIn(branding, "footerLegalText", "footerText"),
      footerLinks: textsOf(branding["footerLinks"]),
    },
    ...(named.length === 0
      ? {}
      : {
          prompts: Object.fromEntries(
            named.map(({ name, type, text }) => [String(name), [String(type), String(text)]]),
          ),
        }),
    ...(home === null ? {} : { homeUrl: home }),
    selfService: selfService["selfServiceLinksEnabled"] !== false,
    logout: {
      isRedirectOff: logout["disableRedirectParameter"] === true,
      ...textIn(logout, "redirectParameterName", "redirectParameter"),
      ...(afterLogout === null ? {} : { redirectUrl: afterLogout }),
    },
    logoutRedirects: Array.isArray(logout["whitelist"]) ? logout["whitelist"].map(String) : [],
  };
}

/** Where a browser may be sent: a path of ours or an http address, fit for a header; null: it is neither. */
function targetOf(value: unknown): string | null {
  if (typeof value !== "string" || value === "") return null;
  if (isHttpUrl(value)) return new URL(value).toString();
  return value.startsWith("/") ? ownPath(value) : null;
}

type ZoneLooks = Pick<UaaConfig, "branding" | "prompts" | "homeUrl" | "selfService" | "logout" | "logoutRedirects">;

function textIn<Name extends string>(
  source: Readonly<Record<string, unknown>>,
  theirs: string,
  ours: Name,
): Partial<Record<Name, string>> {
  const value = source[theirs];
  return typeof value === "string" && value !== "" ? ({ [ours]: value } as Record<Name, string>) : {};
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** The subdomain of a host such as `acme.uaa.cf.localhost`; null: it is none of a zone. Ports are left aside. */
export function subdomainOf(host: string | undefined, config: Pick<UaaConfig, "uaaUrl" | "loginUrl">): string | null {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  for (const url of [config.uaaUrl, config.loginUrl]) {
    const suffix = `.${new URL(url).hostname}`;
    if (name.endsWith(suffix)) return name.slice(0, -suffix.length);
  }
  return null;
}

function withSubdomain(address: string, subdomain: string): string {
  const { protocol, host } = new URL(address);
  return `${protocol}//${subdomain}.${host}`;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
