import type { Clock } from "../../kit/clock.ts";
import { kyselyOf } from "../../kit/kysely-sqlite.ts";
import type { Log } from "../../kit/log.ts";
import type { Random, Secrets } from "../../kit/random.ts";
import { Sqlite } from "../../kit/sqlite.ts";
import { bootstrap } from "./bootstrap.ts";
import type { UaaAdmin, UaaClient } from "./client.ts";
import { inProcessAdmin, inProcessClient } from "./client-in-process.ts";
import { DEFAULT_USER_GROUPS, type UaaConfig } from "./config.ts";
import type { UaaContext } from "./context.ts";
import { buildServer } from "./handlers/server.ts";
import { INTERNAL_ONLY } from "./identity-source.ts";
import type { Mail } from "./mail.ts";
import { PasswordHasher } from "./password-hasher.ts";
import { MIGRATIONS, type UaaTables } from "./schema.ts";
import { SigningKeys } from "./signing-keys.ts";
import { ClientStore } from "./store-clients.ts";
import { GroupStore } from "./store-groups.ts";
import { TokenStore } from "./store-tokens.ts";
import { UserStore } from "./store-users.ts";

/** Expired tokens, codes and sessions are forgotten this often. */
const PRUNE_INTERVAL_MS = 600_000;

export interface UaaDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly log: Log;
  /** Absent: no mail; links are handed out over the API. */
  readonly mail?: Mail;
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
  const file = cleanup.use(new Sqlite(config.databasePath));
  file.migrate(MIGRATIONS);
  const db = kyselyOf<UaaTables>(file);
  const context: UaaContext = {
    config,
    clock: deps.clock,
    random: deps.random,
    secrets: deps.secrets,
    log: deps.log.child({ component: "uaa" }),
    file,
    users: new UserStore(db),
    groups: new GroupStore(db),
    clients: new ClientStore(db),
    tokens: new TokenStore(db),
    hasher: new PasswordHasher(deps.secrets),
    keys: await SigningKeys.load(db, file, deps.clock),
    identities: INTERNAL_ONLY,
    mail: deps.mail ?? null,
    defaultGroups: config.defaultUserGroups ?? DEFAULT_USER_GROUPS,
  };
  await bootstrap(context);
  await file.durable();

  const stop = new AbortController();
  const pruning = prune(context, stop.signal);
  cleanup.defer(async () => {
    stop.abort();
    await pruning;
  });
  const server = await buildServer(context);
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

async function prune(context: UaaContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await context.tokens
      .prune(context.clock.nowMs())
      .catch((error: unknown) => context.log.warn("pruning failed", { error }));
    await context.clock.sleep(PRUNE_INTERVAL_MS, signal).catch(() => undefined); // aborted: the loop ends
  }
}
