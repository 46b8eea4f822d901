import { probePort } from "../routing/gorouter/index.ts";
import type { IngotConfig } from "./config.ts";

/** Where Ingot's DNS server answers this machine's own resolver. Not 5353, which belongs to multicast DNS. */
export const HOST_DNS = { address: "127.0.0.1", port: 5350 } as const;

/** Names below `localhost` lead to loopback everywhere that knows wildcards at all; every other domain needs somebody who answers. */
export function needsHostDns(config: Pick<IngotConfig, "domain">): boolean {
  return !config.domain.endsWith(".localhost");
}

/** Whether this Ingot is the one that answers: of several, the first one. */
export async function canAnswerHost(config: Pick<IngotConfig, "domain">): Promise<boolean> {
  return needsHostDns(config) && (await probePort(HOST_DNS.address, HOST_DNS.port)).free;
}
