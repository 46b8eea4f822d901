import type { DomainName } from "../../capi/cloud-controller/index.ts";
import { GARDEN_DEFAULTS, type RunningGarden } from "../../garden/index.ts";
import { DNS_DEFAULTS, hostResolvers, startDns } from "../../networking/dns/index.ts";
import { canAnswerHost, HOST_DNS } from "../host-dns.ts";
import { answeredDomains } from "./answered-domains.ts";
import { type Assembly, LOOPBACK } from "./assembly.ts";

/** What Cloud Controller tells of its domains, for a DNS server that starts later. */
export class DomainNews {
  #domains: readonly DomainName[] = [];
  #listener: (domains: readonly DomainName[]) => void = () => undefined;

  readonly tell = (domains: readonly DomainName[]): void => {
    this.#domains = domains;
    this.#listener(domains);
  };

  /** Calls now, and at every change. */
  follow(listener: (domains: readonly DomainName[]) => void): void {
    this.#listener = listener;
    listener(this.#domains);
  }
}

/** The DNS server of containers, and of this machine where the domain needs one. */
export async function startNames(
  { site, deps, log, keep }: Assembly,
  { gatewayAddress, isolation }: Pick<RunningGarden, "gatewayAddress" | "isolation">,
  news: DomainNews,
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
  const dns = await keep(startDns(answers, { clock, random, log: log("dns"), upstreams }));
  news.follow((domains) => dns.setDomains(answeredDomains(config.domain, domains)));
}
