import type { UaaConfig } from "./config.ts";
import type { IdentityZone } from "./identity-zone.ts";

/** The configuration of a zone: that of the default zone at its own addresses, without its clients, under its own policies. */
export function configOfZone(config: UaaConfig, zone: IdentityZone): UaaConfig {
  const policy = objectOf(zone.config["tokenPolicy"]);
  const defaultGroups = objectOf(zone.config["userConfig"])["defaultGroups"];
  const seconds = (name: string): number | null => (Number(policy[name]) > 0 ? Number(policy[name]) : null);
  const access = seconds("accessTokenValidity");
  const refresh = seconds("refreshTokenValidity");
  const uaaUrl = withSubdomain(config.uaaUrl, zone.subdomain);
  return {
    ...config,
    clients: [],
    uaaUrl,
    loginUrl: withSubdomain(config.loginUrl, zone.subdomain),
    issuerUrl: `${uaaUrl}/oauth/token`,
    ...(access === null ? {} : { accessTokenTtlSeconds: access }),
    ...(refresh === null ? {} : { refreshTokenTtlSeconds: refresh }),
    ...(policy["refreshTokenUnique"] === true ? { refreshTokenUnique: true } : {}),
    ...(policy["refreshTokenRotate"] === true ? { refreshTokenRotate: true } : {}),
    ...(Array.isArray(defaultGroups) ? { defaultUserGroups: defaultGroups.map(String) } : {}),
  };
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
