import type { DomainName } from "../../capi/cloud-controller/index.ts";

/** Nobody on the Internet can own a name below these. RFC 6761, 6762, 8375; ICANN for .internal */
const NOBODYS = ["test", "localhost", "example", "invalid", "local", "internal", "home.arpa"];

/**
 * Domains that lead to this machine for those who ask its DNS server: the platform's, the shared ones, which administrators
 * make, and of those that an organization has made for itself the ones that can belong to nobody else. Another's name stays
 * another's: whoever may make a private domain `github.com` must not get everybody's connections to it.
 */
export function answeredDomains(platformDomain: string, domains: readonly DomainName[]): readonly string[] {
  const isNobodys = (name: string): boolean => NOBODYS.some((top) => name === top || name.endsWith(`.${top}`));
  const chosen = domains.filter(({ name, shared }) => shared || isNobodys(name.toLowerCase()));
  return [...new Set([platformDomain, ...chosen.map(({ name }) => name.toLowerCase())])];
}
