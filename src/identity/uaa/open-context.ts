import type { Database } from "../../kit/database.ts";
import { DEFAULT_USER_GROUPS, type UaaConfig } from "./config.ts";
import type { ProviderContext, UaaContext } from "./context.ts";
import { OidcProviders } from "./oidc-provider.ts";
import { PasswordHasher } from "./password-hasher.ts";
import { providerIdentities } from "./provider-identities.ts";
import type { UaaTables } from "./schema.ts";
import { SigningKeys } from "./signing-keys.ts";
import { ClientStore } from "./store-clients.ts";
import { ExternalGroupStore } from "./store-external-groups.ts";
import { GroupStore } from "./store-groups.ts";
import { IdentityProviderStore } from "./store-identity-providers.ts";
import { TokenStore } from "./store-tokens.ts";
import { UserStore } from "./store-users.ts";
import { ZoneStore } from "./store-zones.ts";
import type { UaaDeps } from "./uaa.ts";

/** A zone's world over its rows. */
export interface OpenZone {
  readonly context: UaaContext;
  readonly zones: ZoneStore;
}

/** `parent`: the default zone; null when this is it. */
export async function openContext(
  config: UaaConfig,
  deps: UaaDeps,
  database: Database<UaaTables>,
  zone: { readonly id: string; readonly name: string },
  parent: UaaContext | null,
): Promise<OpenZone> {
  const { db } = database;
  const base: ProviderContext = {
    zoneId: zone.id,
    zoneName: zone.name,
    parent,
    config,
    clock: deps.clock,
    random: deps.random,
    secrets: deps.secrets,
    log: deps.log.child({ component: "uaa", ...(parent === null ? {} : { zone: zone.id }) }),
    database,
    users: new UserStore(db),
    groups: new GroupStore(db),
    clients: new ClientStore(db),
    tokens: new TokenStore(db),
    hasher: parent?.hasher ?? new PasswordHasher(deps.secrets),
    keys: await SigningKeys.load(db, database, deps.clock),
    providers: new IdentityProviderStore(db),
    externalGroups: new ExternalGroupStore(db),
    http: deps.http,
    mail: deps.mail ?? null,
    audited: deps.audited ?? null,
    defaultGroups: config.defaultUserGroups ?? DEFAULT_USER_GROUPS,
  };
  const oidc = new OidcProviders(base);
  const context: UaaContext = { ...base, oidc, identities: providerIdentities(base, oidc) };
  return { context, zones: new ZoneStore(db) };
}
