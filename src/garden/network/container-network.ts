import type { Clock } from "../../kit/clock.ts";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";
import type { RelayPort } from "../config.ts";
import { forwardDropsHere } from "./foreign-firewall.ts";
import { NftQueue } from "./nft-queue.ts";
import {
  type NftContainer,
  nftAddContainer,
  nftLoopbackRelay,
  nftRemoveContainer,
  nftReplaceEgress,
  nftTable,
} from "./nft-ruleset.ts";
import { addressToNumber, type Subnet } from "./subnet.ts";

const COMMAND_TIMEOUT_MS = 20_000;

export interface ContainerNetworkConfig {
  readonly stateHash: string;
  readonly subnet: Subnet;
  readonly mtu: number;
  readonly dnsPort: number;
  readonly relayPorts: readonly RelayPort[];
}

/** The bridge of this Ingot, the cards of its containers and the packet filter between them and everything else. */
export class ContainerNetwork {
  readonly bridge: string;
  readonly #table: string;
  readonly #config: ContainerNetworkConfig;
  readonly #subprocess: Subprocess;
  readonly #clock: Clock;
  readonly #nft: NftQueue;
  /** What the table holds now, by address. */
  readonly #inTable = new Map<string, NftContainer>();

  constructor(config: ContainerNetworkConfig, deps: { readonly subprocess: Subprocess; readonly clock: Clock }) {
    const hash = config.stateHash.slice(0, 8);
    this.bridge = bridgeName(hash);
    this.#table = `ingot_${hash}`;
    this.#config = config;
    this.#subprocess = deps.subprocess;
    this.#clock = deps.clock;
    this.#nft = new NftQueue(deps);
  }

  /** Makes bridge and table as they should be, whatever an earlier run left; `containers` are those that live on. */
  async start(containers: readonly NftContainer[]): Promise<void> {
    const { subnet, mtu } = this.#config;
    const { bridge } = this;
    // A fixed hardware address: a bridge otherwise takes the lowest of its ports', and containers lose their gateway
    // whenever one comes or goes.
    const mac = `02:${this.#config.stateHash.slice(0, 10).padEnd(10, "0").match(/../g)!.join(":")}`;
    await this.#shell(`
set -e
ip link show ${bridge} >/dev/null 2>&1 || ip link add ${bridge} address ${mac} type bridge
ip -batch - <<'BATCH'
link set ${bridge} mtu ${mtu}
addr replace ${subnet.gateway}/${subnet.prefixLength} dev ${bridge}
link set ${bridge} up
BATCH
echo 1 > /proc/sys/net/ipv6/conf/${bridge}/disable_ipv6 2>/dev/null || :
echo 1 > /proc/sys/net/ipv4/conf/${bridge}/route_localnet
[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] || echo 1 > /proc/sys/net/ipv4/ip_forward
`);
    await this.#nft.apply(
      nftTable(
        {
          table: this.#table,
          bridge,
          subnet,
          dnsPort: this.#config.dnsPort,
          relayPorts: this.#config.relayPorts,
        },
        containers,
      ),
    );
    for (const container of containers) this.#inTable.set(container.address, container);
  }

  /** Chains of other firewalls that will drop what containers send to the world. */
  async obstacles(): Promise<string[]> {
    return await forwardDropsHere(this.#table, { subprocess: this.#subprocess, clock: this.#clock });
  }

  /** Gives the container whose first process is `pid` its card, address and rules. */
  async attach(pid: number, container: NftContainer): Promise<void> {
    await Promise.all([this.#plug(pid, container), this.#nft.apply(nftAddContainer(this.#table, container))]);
    this.#inTable.set(container.address, container);
  }

  async replaceEgress(container: NftContainer): Promise<void> {
    if (!this.#inTable.has(container.address)) return;
    await this.#nft.apply(nftReplaceEgress(this.#table, container));
    this.#inTable.set(container.address, container);
  }

  /** Idempotent. The card goes with the container's namespace; deleting it here too frees the name at once. */
  async detach(address: string): Promise<void> {
    const known = this.#inTable.get(address);
    this.#inTable.delete(address);
    await Promise.all([
      known === undefined ? undefined : this.#nft.apply(nftRemoveContainer(this.#table, known)),
      this.#subprocess.run("ip", ["link", "delete", this.#cardName(address)], {
        signal: this.#clock.deadline(COMMAND_TIMEOUT_MS),
      }),
    ]);
  }

  /** Removes cards that belong to no address; asked after listing, since a container is known before it has a card. */
  async removeStrays(known: () => readonly string[]): Promise<void> {
    const { stdout } = await this.#subprocess.run("ip", ["-o", "link", "show", "master", this.bridge], {
      signal: this.#clock.deadline(COMMAND_TIMEOUT_MS),
    });
    const wanted = new Set(known().map((address) => this.#cardName(address)));
    const prefix = cardPrefix(this.#config.stateHash);
    for (const [, name] of stdout.matchAll(/^\d+: ([^@:]+)[@:]/gm)) {
      if (!name!.startsWith(prefix) || wanted.has(name!)) continue;
      await this.#subprocess.run("ip", ["link", "delete", name!], { signal: this.#clock.deadline(COMMAND_TIMEOUT_MS) });
    }
  }

  /** Bridge and table go. */
  async destroy(): Promise<void> {
    this.#inTable.clear();
    await this.#nft.apply(`table inet ${this.#table}\ndelete table inet ${this.#table}\n`);
    await this.#subprocess.run("ip", ["link", "delete", this.bridge], {
      signal: this.#clock.deadline(COMMAND_TIMEOUT_MS),
    });
  }

  /** Every word of this script is a number, an address or a name made here. */
  async #plug(pid: number, container: NftContainer): Promise<void> {
    const { subnet, mtu } = this.#config;
    const card = this.#cardName(container.address);
    const own = new Set(container.mappedPorts.map(({ containerPort }) => containerPort));
    const relayPorts = this.#config.relayPorts.filter(({ containerPort }) => !own.has(containerPort));
    const relay =
      relayPorts.length === 0
        ? ""
        : `echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet
nft -f - <<'RELAY'
${nftLoopbackRelay(subnet.gateway, relayPorts)}RELAY
`;
    await this.#shell(`
set -e
ip -batch - <<'BATCH'
link add ${card} mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns ${pid}
link set ${card} master ${this.bridge} up
link set ${card} type bridge_slave isolated on
BATCH
exec nsenter --net=/proc/${pid}/ns/net sh -e <<'INSIDE'
echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6 2>/dev/null || :
ip -batch - <<'BATCH'
link set lo up
addr add ${container.address}/${subnet.prefixLength} dev eth0
link set eth0 up
route add default via ${subnet.gateway}
BATCH
${relay}INSIDE
`);
  }

  async #shell(script: string): Promise<void> {
    await runChecked(this.#subprocess, "sh", ["-s"], {
      input: script,
      signal: this.#clock.deadline(COMMAND_TIMEOUT_MS),
    });
  }

  /** At most 15 characters, the kernel's limit: prefix, hash, place in the subnet. */
  #cardName(address: string): string {
    const place = addressToNumber(address) - this.#config.subnet.network;
    return `${cardPrefix(this.#config.stateHash)}${place.toString(16)}`;
  }
}

export function bridgeName(stateHash: string): string {
  return `ingot-${stateHash.slice(0, 8)}`;
}

function cardPrefix(stateHash: string): string {
  return `iv${stateHash.slice(0, 8)}`;
}
