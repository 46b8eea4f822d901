import type { UaaContext } from "./context.ts";
import { badCredentials, UaaError } from "./errors.ts";
import { isLockedOut } from "./lockout.ts";
import type { OauthClient, User } from "./model.ts";

/**
 * The user with this name and password. Failures are counted and lock the account for a while. No origin means the
 * internal one. Throws `invalid_client` (one text for unknown and wrong), `unauthorized` when locked or for another origin.
 * UAA: AuthzAuthenticationManager
 */
export async function signIn(
  context: UaaContext,
  userName: string,
  password: string,
  origin: string | null,
): Promise<User> {
  const { users, clock, hasher, file } = context;
  if (origin !== null && origin !== "uaa") {
    // UAA: PasswordGrantAuthenticationManager; we have one origin only.
    throw new UaaError("unauthorized", "The origin provided in the login hint is invalid.");
  }
  const [user] = await users.findByName(userName, "uaa");
  if (user === undefined || user.passwordHash === null) {
    await hasher.pretend(password);
    throw badCredentials();
  }
  if (isLockedOut(await users.failures(user.id), clock.nowMs())) {
    throw new UaaError("unauthorized", "Your account has been locked because of too many failed attempts to login.");
  }
  if (password === "" || !(await hasher.matches(password, user.passwordHash))) {
    await users.recordFailure(user.id, clock.nowMs());
    await file.durable();
    throw badCredentials();
  }
  if (!user.active) throw badCredentials();
  if (!user.verified) throw new UaaError("access_denied", "Account not verified");
  await users.recordSuccess(user, clock.nowMs());
  return { ...user, previousLogonMs: user.lastLogonMs, lastLogonMs: clock.nowMs() };
}

/** The client with this secret. Throws `invalid_client`. */
export async function authenticateClient(context: UaaContext, clientId: string, secret: string): Promise<OauthClient> {
  const client = await context.clients.find(clientId);
  if (client === null) {
    await context.hasher.pretend(secret);
    throw badCredentials();
  }
  for (const hash of client.secretHashes) {
    if (await context.hasher.matches(secret, hash)) return client;
  }
  throw badCredentials();
}

/** Names of all groups of a user, the default ones included. */
export async function groupNamesOf(context: UaaContext, userId: string): Promise<Set<string>> {
  const names = new Set(context.defaultGroups);
  for (const { group } of await context.groups.groupsOf(userId)) names.add(group.displayName);
  return names;
}
