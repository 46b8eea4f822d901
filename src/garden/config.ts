import type { Isolation } from "./client.ts";

/** A port of the platform that containers reach on their own loopback (design §1: `*.localhost` is hard-wired there). */
export interface RelayPort {
  readonly containerPort: number;
  /** Where the router listens on the gateway address. */
  readonly gatewayPort: number;
}

export interface GardenConfig {
  /** Folder of everything durable: `STATE/garden`. */
  readonly root: string;
  /** Folder of what may be thrown away and made again: `STATE/cache`. */
  readonly cacheRoot: string;
  /** At least eight hex digits that tell this state folder from others: in names of cgroups, nft tables, the bridge. */
  readonly stateHash: string;
  /** `auto` takes the strongest that works here. */
  readonly isolation: "auto" | Isolation;
  /** Names of the stacks backed by this machine's own /usr. */
  readonly stacks: readonly string[];
  /** CIDR of the containers' network, at most /24 … /16; null picks a free one below 10.254.0.0/16. */
  readonly subnet: string | null;
  readonly relayPorts: readonly RelayPort[];
  /** Port of the platform's DNS server on the gateway address; containers always ask port 53. */
  readonly dnsPort: number;
  /** Of the containers' network cards; null takes the default route's (Garden: --mtu). */
  readonly mtu: number | null;
  /** Address that other machines reach this cell by; null takes the default route's (Garden: --external-ip). */
  readonly externalAddress: string | null;
  /** What `capacity` answers; null takes the machine's. */
  readonly memoryCapacityBytes: number | null;
  readonly diskCapacityBytes: number | null;
  /** Garden: --max-containers; 0 there means no limit, the rep's default is 250. */
  readonly maxContainers: number;
  /** First port and number of ports that `netIn` takes host ports from (Garden: --port-pool-start, --port-pool-size). */
  readonly hostPorts: { readonly first: number; readonly count: number };
  /** May programs that the stack promises be fetched as Debian packages? */
  readonly fetchPackages: boolean;
}

/** Everything that has a sensible value; the rest must be said. */
export const GARDEN_DEFAULTS = {
  isolation: "auto",
  stacks: ["cflinuxfs4"],
  subnet: null,
  relayPorts: [],
  dnsPort: 53,
  mtu: null,
  externalAddress: null,
  memoryCapacityBytes: null,
  diskCapacityBytes: null,
  maxContainers: 250,
  hostPorts: { first: 61_001, count: 4534 },
  fetchPackages: true,
} as const satisfies Partial<GardenConfig>;

/** Host ids that a container's 0 … 65535 become. Ids of ordinary accounts and of subuid ranges start elsewhere. */
export const ID_MAP = { firstHostId: 100_000, count: 65_536 } as const;

/** The account of apps in every stack. cflinuxfs4: vcap, 2000 */
export const VCAP = { uid: 2000, gid: 2000, home: "/home/vcap" } as const;
