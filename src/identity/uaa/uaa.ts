import type { Clock } from "../../kit/clock.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import { kyselyOf } from "../../kit/kysely-sqlite.ts";
import type { Log } from "../../kit/log.ts";
import type { Random, Secrets } from "../../kit/random.ts";
import { Sqlite } from "../../kit/sqlite.ts";
import { bootstrap } from "./bootstrap.ts";
import type { UaaAdmin, UaaClient } from "./client.ts";
import { inProcessAdmin, inProcessClient } from "./client-in-process.ts";
import { DEFAULT_USER_GROUPS, type UaaConfig } from "./config.ts";
import type { ProviderContext, UaaContext } from "./context.ts";
import { buildServer } from "./handlers/server.ts";
import type { Mail } from "./mail.ts";
import { OidcProviders } from "./oidc-provider.ts";
import { PasswordHasher } from "./password-hasher.ts";
import { providerIdentities } from "./provider-identities.ts";
import { MIGRATIONS, type UaaTables } from "./schema.ts";
import { SigningKeys } from "./signing-keys.ts";
import { ClientStore } from "./store-clients.ts";
import { ExternalGroupStore } from "./store-external-groups.ts";
import { GroupStore } from "./store-groups.ts";
import { IdentityProviderStore } from "./store-identity-providers.ts";
import { TokenStore } from "./store-tokens.ts";
import { UserStore } from "./store-users.ts";
import { ZONE_ID } from "./token-claims.ts";

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
  const withoutIdentities: ProviderContext = {
    zoneId: ZONE_ID,
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
    providers: new IdentityProviderStore(db),
    externalGroups: new ExternalGroupStore(db),
    http: deps.http,
    mail: deps.mail ?? null,
    defaultGroups: config.defaultUserGroups ?? DEFAULT_USER_GROUPS,
  };
  const oidc = new OidcProviders(withoutIdentities);
  const context: UaaContext = { ...withoutIdentities, identities: providerIdentities(withoutIdentities, oidc) };
  await bootstrap(context);
  await file.durable();

  const stop = new AbortController();
  const pruning = prune(context, stop.signal);
  cleanup.defer(async () => {
    stop.abort();
    await pruning;
  });
  const server = await buildServer(context, oidc);
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
