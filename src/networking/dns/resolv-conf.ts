import { isIP } from "node:net";

export interface UpstreamServer {
  readonly address: string;
  readonly port: number;
}

/** The C library asks three servers at most. resolv.conf(5): MAXNS */
const SERVERS_MAX = 3;

/** The servers of a resolv.conf, without those that are `own` addresses: asking oneself would never end. */
export function parseResolvConf(text: string, own: readonly string[]): UpstreamServer[] {
  const servers: UpstreamServer[] = [];
  for (const line of text.split("\n")) {
    const address = /^\s*nameserver\s+(\S+)/.exec(line)?.[1];
    if (address === undefined || isIP(address.split("%")[0]!) === 0 || own.includes(address)) continue;
    if (servers.length < SERVERS_MAX) servers.push({ address, port: 53 });
  }
  return servers;
}
