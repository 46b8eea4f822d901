import type { Clock } from "../../kit/clock.ts";
import { openDatabase } from "../../kit/database.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";
import type { Random, Secrets } from "../../kit/random.ts";
import type { AuditListener } from "./audit.ts";
import { bootstrap } from "./bootstrap.ts";
import type { UaaAdmin, UaaClient } from "./client.ts";
import { inProcessAdmin, inProcessClient } from "./client-in-process.ts";
import type { UaaConfig } from "./config.ts";
import type { UaaContext } from "./context.ts";
import { buildServer } from "./handlers/server.ts";
import type { Mail } from "./mail.ts";
import { openContext } from "./open-context.ts";
import { MIGRATIONS, type UaaTables } from "./schema.ts";
import { ZONE_ID } from "./token-claims.ts";
import { Zones } from "./zones.ts";

/** Expired tokens, codes and sessions are forgotten this often. */
const PRUNE_INTERVAL_MS = 600_000;

export interface UaaDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly log: Log;
  /** To identity providers. It must resolve names as the world does, never the platform's internal ones. */
  readonly http: HttpClient;
  /** Absent: no mail; links are handed out over the API. */
  readonly mail?: Mail;
  /** Told of every line of the audit log, for metrics. Must return at once. */
  readonly audited?: AuditListener;
}

export interface Uaa extends AsyncDisposable {
  readonly client: UaaClient;
  readonly admin: UaaAdmin;
  readonly address: { readonly host: string; readonly port: number };
}

/**
 * The UAA, ready to serve: store open, signing key there, users and clients of the configuration registered, listener
 * up (plain HTTP on loopback; the router in front ends TLS). Rejects with nothing left running. Disposal stops the
 * listener, then the loop, then the store.
 */
export async function startUaa(config: UaaConfig, deps: UaaDeps): Promise<Uaa> {
  await using cleanup = new AsyncDisposableStack();
  const database = cleanup.use(await openDatabase<UaaTables>(config.database, MIGRATIONS));
  const defaultZone = { id: ZONE_ID, name: ZONE_ID };
  const { context, zones: zoneStore } = await openContext(config, deps, database, defaultZone, null);
  await bootstrap(context);
  await database.durable();

  const zones = cleanup.use(new Zones(zoneStore, context, deps, database));
  const stop = new AbortController();
  const pruning = prune(context, zones, stop.signal);
  cleanup.defer(async () => {
    stop.abort();
    await pruning;
  });
  const server = await buildServer(context, zones);
  cleanup.defer(() => server.close());
  await server.listen({ host: config.listen.host, port: config.listen.port });
  const [address] = server.addresses();
  if (address === undefined || typeof address === "string") throw new Error("the UAA did not get a port");
  const stack = cleanup.move();
  return {
    client: inProcessClient(context),
    admin: inProcessAdmin(context),
    address: { host: address.address, port: address.port },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function prune(context: UaaContext, zones: Zones, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await context.tokens
      .prune(context.clock.nowMs())
      .then(() => zones.prune(context.clock.nowMs()))
      .catch((error: unknown) => context.log.warn("pruning failed", { error }));
    await context.clock.sleep(PRUNE_INTERVAL_MS, signal).catch(() => undefined); // aborted: the loop ends
  }
}
