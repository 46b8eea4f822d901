import { ADMIN_GROUPS, type BootstrapClient } from "./config.ts";
import type { UaaContext } from "./context.ts";
import { defaultsOf, type IdentityProvider } from "./identity-provider.ts";
import type { OauthClient, User } from "./model.ts";
import { ensureGroups } from "./new-group.ts";
import { freshUser } from "./new-user.ts";

/** Groups that policy and other components ask about although no client or user of the start has them. */
const KNOWN_GROUPS: readonly string[] = [
  "cloud_controller.admin_read_only",
  "cloud_controller.global_auditor",
  "network.write",
  "scim.create",
  "scim.userids",
  "tokens.list",
  "tokens.revoke",
  "uaa.resource",
  "uaa.none",
  "groups.update",
];

/** Brings clients, groups and the administrator of the configuration into the store. Runs at each start. */
export async function bootstrap(context: UaaContext): Promise<void> {
  const { config, groups, clock } = context;
  const registered = await registerClients(context, config.clients);

  await ensureBasics(context, [...ADMIN_GROUPS, ...registered.flatMap(({ scope }) => scope)]);
  const [stored] = await context.users.findByName(config.adminUser, "uaa");
  const admin = stored ?? (await createAdmin(context));
  for (const group of await groups.findByNames(ADMIN_GROUPS)) {
    const member = { groupId: group.id, memberId: admin.id, memberType: "USER", origin: "uaa" } as const;
    await groups.addMember(member, clock.nowMs());
  }
}

/** Those of the configuration, in place of what is stored of them. */
export async function registerClients(
  context: UaaContext,
  wanted: readonly BootstrapClient[],
): Promise<readonly OauthClient[]> {
  const { clients } = context;
  const existing = new Map((await clients.all()).map((client) => [client.clientId, client]));
  const registered: OauthClient[] = [];
  for (const client of wanted) {
    registered.push(await registeredClient(context, client, existing.get(client.id) ?? null));
  }
  await clients.upsert(registered);
  return registered;
}

/** What a zone besides the default one begins with: groups and the internal provider, nobody and no client. */
export async function bootstrapZone(context: UaaContext): Promise<void> {
  await ensureBasics(context, []);
}

async function ensureBasics(context: UaaContext, moreGroups: readonly string[]): Promise<void> {
  const { providers, defaultGroups } = context;
  await ensureGroups(context, [...new Set([...KNOWN_GROUPS, ...defaultGroups, ...moreGroups])]);
  if ((await providers.byOrigin("uaa")) === null) await providers.insert(internalProvider(context));
}

/** The accounts of our own store. UAA: IdentityProviderBootstrap */
function internalProvider({ random, clock }: UaaContext): IdentityProvider {
  const times = { createdMs: clock.nowMs(), lastModifiedMs: clock.nowMs() };
  const config = defaultsOf("uaa");
  return { id: random.guid(), originKey: "uaa", name: "uaa", type: "uaa", config, active: true, version: 0, ...times };
}

async function registeredClient(
  context: UaaContext,
  wanted: BootstrapClient,
  stored: OauthClient | null,
): Promise<OauthClient> {
  // A hash that still fits stays: a new salt would void every token of the client (see revocationSignature).
  let hash = stored?.secretHashes[0];
  if (hash === undefined || !(await context.hasher.matches(wanted.secret, hash))) {
    hash = await context.hasher.hashSecret(wanted.secret);
  }
  return {
    clientId: wanted.id,
    secretHashes: [hash],
    scope: wanted.scope ?? ["uaa.none"],
    authorities: wanted.authorities ?? ["uaa.none"],
    grantTypes: wanted.grantTypes,
    redirectUris: wanted.redirectUris ?? [],
    resourceIds: ["none"],
    autoApprove: wanted.autoApprove ?? [],
    accessTokenValiditySeconds: wanted.accessTokenValiditySeconds ?? null,
    refreshTokenValiditySeconds: wanted.refreshTokenValiditySeconds ?? null,
    additional: stored?.additional ?? {},
    lastModifiedMs: stored?.lastModifiedMs ?? context.clock.nowMs(),
  };
}

async function createAdmin(context: UaaContext): Promise<User> {
  const { adminUser, adminPassword } = context.config;
  const admin = freshUser(context, {
    userName: adminUser,
    origin: "uaa",
    email: adminUser,
    givenName: adminUser,
    passwordHash: await context.hasher.hash(adminPassword),
    verified: true,
  });
  await context.users.insert(admin);
  return admin;
}
