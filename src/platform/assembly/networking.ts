import { GARDEN_DEFAULTS, type RunningGarden } from "../../garden/index.ts";
import { DNS_DEFAULTS, hostResolvers, startDns } from "../../networking/dns/index.ts";
import { canAnswerHost, HOST_DNS } from "../host-dns.ts";
import { type Assembly, LOOPBACK } from "./assembly.ts";

/** The DNS server of containers, and of this machine where the domain needs one. */
export async function startNames(
  { site, deps, log, keep }: Assembly,
  { gatewayAddress, isolation }: Pick<RunningGarden, "gatewayAddress" | "isolation">,
): Promise<void> {
  const { config } = site;
  const { clock, random } = deps;
  const listeners = [
    ...(isolation === "container"
      ? [{ address: gatewayAddress, port: GARDEN_DEFAULTS.dnsPort, platformAddress: gatewayAddress }]
      : []),
    ...((await canAnswerHost(config)) ? [{ ...HOST_DNS, platformAddress: LOOPBACK }] : []),
  ];
  if (listeners.length === 0) return;
  const upstreams = hostResolvers([gatewayAddress]);
  const answers = { ...DNS_DEFAULTS, listeners, domains: [config.domain] };
  await keep(startDns(answers, { clock, random, log: log("dns"), upstreams }));
}
