/** What this server does with one question. */
export type DnsDecision =
  /** Known here: these IPv4 addresses, maybe none for another type of record (NOERROR without answers). */
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "no-such-name" }
  | { readonly kind: "forward" };

export interface DnsZones {
  readonly domains: readonly string[];
  readonly internalDomains: readonly string[];
  readonly platformAddress: string;
  /** Addresses of an internal name; null when there is no such name. */
  readonly internalAddresses: (name: string) => readonly string[] | null;
}

/**
 * Decides about a name (any case, with or without its last dot). The platform's own domains end here; `localhost` and
 * what is below it is loopback wherever it is asked (RFC 6761); the rest is the host's resolvers' affair.
 */
export function decideDnsAnswer(name: string, type: string, zones: DnsZones): DnsDecision {
  const asked = name.toLowerCase().replace(/\.$/, "");
  const found = (addresses: readonly string[]): DnsDecision => ({
    kind: "addresses",
    addresses: type === "A" || type === "ANY" ? addresses : [],
  });
  if (zones.internalDomains.some((domain) => isBelow(asked, domain))) {
    const addresses = zones.internalAddresses(asked);
    return addresses === null ? { kind: "no-such-name" } : found(addresses);
  }
  if (zones.domains.some((domain) => isBelow(asked, domain))) return found([zones.platformAddress]);
  if (isBelow(asked, "localhost")) return found(["127.0.0.1"]);
  return { kind: "forward" };
}

function isBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
