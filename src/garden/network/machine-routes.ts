import type { Clock } from "../../kit/clock.ts";
import type { Subprocess } from "../../kit/subprocess.ts";

export interface MachineRoute {
  /** CIDR, an address, or `default`. */
  readonly destination: string;
  readonly device: string;
  /** Source address that this machine uses there. */
  readonly address: string | null;
  readonly mtu: number | null;
}
export type MachineRoutes = readonly MachineRoute[];

const TIMEOUT_MS = 5_000;

/** The machine's IPv4 routes; none where `ip` is missing. */
export async function machineRoutes(deps: {
  readonly subprocess: Subprocess;
  readonly clock: Clock;
}): Promise<MachineRoutes> {
  const ip = async (...args: string[]): Promise<Record<string, unknown>[]> => {
    const result = await deps.subprocess.run("ip", ["-j", ...args], { signal: deps.clock.deadline(TIMEOUT_MS) });
    return result.code === 0 && result.stdout.trim() !== "" ? JSON.parse(result.stdout) : [];
  };
  try {
    const [routes, links, addresses] = await Promise.all([
      ip("-4", "route", "show"),
      ip("link", "show"),
      ip("-4", "addr", "show"),
    ]);
    return routes.map((route) => {
      const device = String(route["dev"] ?? "");
      const link = links.find((candidate) => candidate["ifname"] === device);
      const ofDevice = addresses.find((candidate) => candidate["ifname"] === device)?.["addr_info"];
      const first = Array.isArray(ofDevice) ? (ofDevice[0]?.local as string | undefined) : undefined;
      return {
        destination: String(route["dst"]),
        device,
        address: typeof route["prefsrc"] === "string" ? route["prefsrc"] : (first ?? null),
        mtu: typeof link?.["mtu"] === "number" ? link["mtu"] : null,
      };
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

export function defaultRoute(routes: MachineRoutes): MachineRoute | null {
  return routes.find(({ destination }) => destination === "default") ?? null;
}
