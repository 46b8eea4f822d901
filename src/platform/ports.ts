import { readFileSync } from "node:fs";
import { join } from "node:path";
import { probePort } from "../routing/gorouter/index.ts";
import type { IngotConfig } from "./config.ts";
import { writeFileDurably } from "./secret-store.ts";
import { UsageError } from "./usage-error.ts";

export interface Ports {
  readonly http: number;
  readonly https: number;
}

/** Not 8080: apps listen there on their containers' own loopback, where the router's ports must be free for the relay. */
const CANDIDATES: readonly Ports[] = [
  { http: 80, https: 443 },
  ...Array.from({ length: 100 }, (_, step) => ({ http: 8081 + step, https: 8443 + step })),
];

/** The pair that this Ingot used last, or null. */
export function lastPorts(stateRoot: string): Ports | null {
  try {
    return JSON.parse(readFileSync(join(stateRoot, "ports.json"), "utf8")) as Ports;
  } catch {
    return null;
  }
}

/**
 * The router's ports: what was asked for (taken: `UsageError` that names the holder), else the pair of the last run, else
 * 80/443, 8081/8443 and upwards. `held` are ports that our own router workers still hold from before a crash.
 */
export async function choosePorts(
  config: Pick<IngotConfig, "httpPort" | "httpsPort" | "bind">,
  stateRoot: string,
  held: ReadonlySet<number>,
): Promise<Ports> {
  /** Null: it can be had; else why not. */
  const obstacle = async (port: number): Promise<string | null> => {
    if (held.has(port)) return null;
    for (const host of config.bind) {
      const probe = await probePort(host, port);
      if (!probe.free)
        return probe.holder === null ? `${host}:${port}: ${probe.message}` : `port ${port} is taken by ${probe.holder}`;
    }
    return null;
  };
  const free = async (port: number): Promise<boolean> => (await obstacle(port)) === null;
  for (const asked of [config.httpPort, config.httpsPort]) {
    const why = asked === null ? null : await obstacle(asked);
    if (why !== null) throw new UsageError(why);
  }
  const last = lastPorts(stateRoot);
  for (const candidate of last === null ? CANDIDATES : [last, ...CANDIDATES]) {
    const ports = { http: config.httpPort ?? candidate.http, https: config.httpsPort ?? candidate.https };
    if (ports.http !== ports.https && (await free(ports.http)) && (await free(ports.https))) {
      writeFileDurably(join(stateRoot, "ports.json"), JSON.stringify(ports), 0o600);
      return ports;
    }
  }
  throw new UsageError("no free pair of ports found; choose with --http-port and --https-port");
}
