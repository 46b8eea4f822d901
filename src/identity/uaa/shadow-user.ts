import type { ProviderContext } from "./context.ts";
import { badCredentials, UaaError } from "./errors.ts";
import type { ExternalIdentity } from "./external-identity.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import type { ExternalSignIn } from "./identity-source.ts";
import type { User } from "./model.ts";
import { ensureGroups } from "./new-group.ts";
import { freshUser, type NewUser } from "./new-user.ts";

export interface Admission {
  readonly identity: ExternalIdentity;
  /** Names of our groups, in the place of those that this provider gave before. */
  readonly groups: readonly string[];
  /** For the claim `roles`. */
  readonly roles: readonly string[];
  /** Groups that are not there yet are made. */
  readonly addsGroups: boolean;
}

/**
 * The account here of somebody whom a provider vouches for: made at the first time, brought up to date at each; durable.
 * Throws `invalid_client` when the provider may not bring new people or the account is closed.
 * UAA: ExternalLoginAuthenticationManager, ScimUserBootstrap.onApplicationEvent(ExternalGroupAuthorizationEvent)
 */
export async function admit(
  context: ProviderContext,
  provider: IdentityProvider,
  admission: Admission,
): Promise<ExternalSignIn> {
  const { users, clock, database } = context;
  const { identity, roles } = admission;
  let [user] = await users.findByName(identity.userName, provider.originKey);
  if (user === undefined) {
    if (provider.config["addShadowUserOnLogin"] === false) throw badCredentials();
    user = await createShadowUser(context, provider.originKey, identity);
  } else {
    if (!user.active) throw badCredentials();
    user = await refreshed(context, user, identity);
  }
  await syncGroups(context, user, admission);
  const nowMs = clock.nowMs();
  await users.recordSuccess(user, nowMs);
  const keepsInfo = provider.config["storeCustomAttributes"] !== false;
  const info = keepsInfo ? { roles, userAttributes: identity.userAttributes } : user.info;
  if (info !== null && JSON.stringify(info) !== JSON.stringify(user.info)) await users.saveInfo(user.id, info);
  await database.durable();
  return {
    user: { ...user, info, previousLogonMs: user.lastLogonMs, lastLogonMs: nowMs },
    authMethods: identity.authMethods,
    ...(identity.acr.length === 0 ? {} : { acr: identity.acr }),
    ...(roles.length === 0 ? {} : { roles }),
    ...(keepsInfo ? { userAttributes: identity.userAttributes } : {}),
  };
}

/** An account of another origin: no password, not verified unless its provider says so. */
export async function createShadowUser(
  context: ProviderContext,
  origin: string,
  identity: Omit<NewUser, "origin" | "passwordHash" | "active">,
): Promise<User> {
  const { users } = context;
  const user = freshUser(context, { ...identity, origin, passwordHash: null });
  try {
    await users.insert(user);
    return user;
  } catch (error) {
    // Two first sign-ins at once: the other one made it.
    if (!(error instanceof UaaError) || error.code !== "scim_resource_already_exists") throw error;
    return (await users.findByName(user.userName, origin))[0]!;
  }
}

async function refreshed(context: ProviderContext, user: User, identity: ExternalIdentity): Promise<User> {
  const next: User = {
    ...user,
    userName: identity.userName,
    email: identity.email,
    givenName: identity.givenName ?? user.givenName,
    familyName: identity.familyName ?? user.familyName,
    phoneNumber: identity.phoneNumber ?? user.phoneNumber,
    externalId: identity.externalId ?? user.externalId,
    verified: user.verified || identity.verified,
  };
  const fields = ["userName", "email", "givenName", "familyName", "phoneNumber", "externalId", "verified"] as const;
  if (fields.every((field) => next[field] === user[field])) return user;
  const changed = { ...next, version: user.version + 1, lastModifiedMs: context.clock.nowMs() };
  await context.users.update(changed, user.version);
  return changed;
}

async function syncGroups(
  context: ProviderContext,
  user: User,
  { groups: names, addsGroups }: Admission,
): Promise<void> {
  const { groups, clock } = context;
  if (addsGroups) {
    await ensureGroups(
      context,
      names.filter((name) => name.length <= 255),
    );
  }
  const wanted = (await groups.findByNames(names)).map(({ id }) => id);
  await groups.replaceMembershipsOf(user.id, user.origin, wanted, clock.nowMs());
}
