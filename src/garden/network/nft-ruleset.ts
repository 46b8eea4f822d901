import type { RelayPort } from "../config.ts";
import type { Subnet } from "./subnet.ts";

export interface NftTableInput {
  /** `ingot_HASH` */
  readonly table: string;
  readonly bridge: string;
  readonly subnet: Subnet;
  readonly dnsPort: number;
  readonly relayPorts: readonly RelayPort[];
}

/** One container as the packet filter sees it. */
export interface NftContainer {
  readonly address: string;
  readonly mappedPorts: readonly { readonly hostPort: number; readonly containerPort: number }[];
  /** From `egressRules`. */
  readonly egress: readonly string[];
}

/**
 * Refusals end a connection attempt at once. An ICMP message alone would not: on one machine it arrives while the
 * connecting process still holds its socket, counts as a passing trouble then, and the attempt is repeated a second later.
 */
const REFUSE = ["meta l4proto tcp reject with tcp reset", "reject with icmpx port-unreachable"] as const;

/**
 * The whole table, replacing what was there in one transaction. What a container sends is closed by default: to this
 * machine only DNS and the router on the gateway address, to the world what its own chain accepts, to its neighbours
 * nothing. Into containers come only answers and mapped ports. Other traffic of the machine is not touched.
 */
export function nftTable(input: NftTableInput, containers: readonly NftContainer[]): string {
  const { table, bridge, subnet, dnsPort, relayPorts } = input;
  const { gateway } = subnet;
  const routerPorts = [...new Set(relayPorts.map(({ gatewayPort }) => gatewayPort))];
  const redirectDns =
    dnsPort === 53
      ? []
      : [
          `iifname "${bridge}" ip daddr ${gateway} udp dport 53 redirect to :${dnsPort}`,
          `iifname "${bridge}" ip daddr ${gateway} tcp dport 53 redirect to :${dnsPort}`,
        ];
  const lines = [
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    "map egress { type ipv4_addr : verdict; }",
    "map host_ports { type inet_service : ipv4_addr . inet_service; }",
    "chain input {",
    "type filter hook input priority filter; policy accept;",
    `iifname "${bridge}" jump to_machine`,
    "}",
    "chain to_machine {",
    "ct state established,related accept",
    `ip daddr ${gateway} udp dport ${dnsPort} accept`,
    `ip daddr ${gateway} tcp dport ${dnsPort} accept`,
    ...(routerPorts.length === 0 ? [] : [`ip daddr ${gateway} tcp dport { ${routerPorts.join(", ")} } accept`]),
    ...REFUSE,
    "}",
    "chain forward {",
    "type filter hook forward priority filter; policy accept;",
    `iifname "${bridge}" jump leaving`,
    `oifname "${bridge}" jump entering`,
    "}",
    "chain leaving {",
    "ct state established,related accept",
    `oifname "${bridge}" jump refuse`,
    "ip saddr vmap @egress",
    ...REFUSE,
    "}",
    "chain refuse {",
    ...REFUSE,
    "}",
    "chain entering {",
    "ct state established,related accept",
    "ct status dnat accept",
    "drop",
    "}",
    "chain prerouting {",
    "type nat hook prerouting priority dstnat; policy accept;",
    ...redirectDns,
    `iifname != "${bridge}" fib daddr type local dnat ip to tcp dport map @host_ports`,
    "}",
    "chain output {",
    "type nat hook output priority -100; policy accept;",
    "fib daddr type local dnat ip to tcp dport map @host_ports",
    "}",
    "chain postrouting {",
    "type nat hook postrouting priority srcnat; policy accept;",
    `ip saddr ${subnet.cidr} oifname != "${bridge}" masquerade`,
    // A connection to a mapped port on this machine's own loopback: the container must be able to answer.
    `ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade`,
    "}",
    "}",
    ...containers.map((container) => nftAddContainer(table, container)),
  ];
  return `${lines.join("\n")}\n`;
}

export function nftAddContainer(table: string, container: NftContainer): string {
  const chain = chainOf(container.address);
  const ports = hostPortElements(
    container,
    (port) => `${port.hostPort} : ${container.address} . ${port.containerPort}`,
  );
  return [
    `add chain inet ${table} ${chain}`,
    ...chainRules(table, container),
    `add element inet ${table} egress { ${container.address} : goto ${chain} }`,
    ...(ports === null ? [] : [`add element inet ${table} host_ports ${ports}`]),
    "",
  ].join("\n");
}

/** Swaps the outgoing rules: within one transaction no packet sees half of them. */
export function nftReplaceEgress(table: string, container: NftContainer): string {
  return [`flush chain inet ${table} ${chainOf(container.address)}`, ...chainRules(table, container), ""].join("\n");
}

export function nftRemoveContainer(table: string, container: NftContainer): string {
  const chain = chainOf(container.address);
  const ports = hostPortElements(container, (port) => String(port.hostPort));
  return [
    `delete element inet ${table} egress { ${container.address} }`,
    ...(ports === null ? [] : [`delete element inet ${table} host_ports ${ports}`]),
    `flush chain inet ${table} ${chain}`,
    `delete chain inet ${table} ${chain}`,
    "",
  ].join("\n");
}

/**
 * Inside a container: its own loopback on the platform's ports leads to the router on the gateway, because curl and
 * others never ask DNS for `*.localhost`. Ports on which the app itself listens stay its own.
 */
export function nftLoopbackRelay(gateway: string, relayPorts: readonly RelayPort[]): string {
  return [
    "table ip ingot_relay {",
    "chain output {",
    "type nat hook output priority -100; policy accept;",
    ...relayPorts.map(
      (port) => `ip daddr 127.0.0.1 tcp dport ${port.containerPort} dnat to ${gateway}:${port.gatewayPort}`,
    ),
    "}",
    "chain postrouting {",
    "type nat hook postrouting priority srcnat; policy accept;",
    `ip saddr 127.0.0.0/8 oifname "eth0" masquerade`,
    "}",
    "}",
    "",
  ].join("\n");
}

function chainRules(table: string, container: NftContainer): string[] {
  const chain = chainOf(container.address);
  return [...container.egress, ...REFUSE].map((rule) => `add rule inet ${table} ${chain} ${rule}`);
}

function hostPortElements(
  container: NftContainer,
  element: (port: { readonly hostPort: number; readonly containerPort: number }) => string,
): string | null {
  return container.mappedPorts.length === 0 ? null : `{ ${container.mappedPorts.map(element).join(", ")} }`;
}

function chainOf(address: string): string {
  return `c_${address.replaceAll(".", "_")}`;
}
