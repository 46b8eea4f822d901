export { DNS_DEFAULTS, type DnsConfig, type DnsListener } from "./config.ts";
export { hostResolvers } from "./host-resolvers.ts";
export type { UpstreamServer } from "./resolv-conf.ts";
export { type DnsDeps, type RunningDns, startDns } from "./start-dns.ts";
