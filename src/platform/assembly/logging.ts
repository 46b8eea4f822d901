import { join } from "node:path";
import type { AgentClient } from "../../logging/agent/client.ts";
import { startAgent } from "../../logging/agent/index.ts";
import type { LogCacheClient } from "../../logging/log-cache/client.ts";
import { startLogCache } from "../../logging/log-cache/index.ts";
import { logAccess } from "../log-access.ts";
import { type Assembly, LOOPBACK } from "./assembly.ts";

export interface Logging {
  readonly agent: AgentClient;
  readonly logCache: LogCacheClient;
  /** Envelopes lost since the start. */
  readonly dropped: () => number;
  readonly logCacheAddress: { readonly host: string; readonly port: number };
}

/** Log cache, and the agent that fills it. */
export async function startLogging({ site, deps, log, keep }: Assembly): Promise<Logging> {
  const { clock, http } = deps;
  const logCache = await keep(
    startLogCache(
      { listen: { host: LOOPBACK, port: 0 }, folder: join(site.state.data, "log-cache") },
      { clock, log: log("log-cache"), authorize: logAccess(http) },
    ),
  );
  const { address } = logCache;
  if (address === null || "socketPath" in address) throw new Error("log-cache has no port");
  const agent = await keep(
    startAgent(
      {},
      { clock, log: log("agent"), sinks: [{ name: "log-cache", put: (envelopes) => logCache.client.put(envelopes) }] },
    ),
  );
  return { dropped: () => agent.dropped, agent: agent.client, logCache: logCache.client, logCacheAddress: address };
}
