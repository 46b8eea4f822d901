import { audit, unknownName } from "./audit.ts";
import type { UaaContext } from "./context.ts";
import { badCredentials, UaaError } from "./errors.ts";
import type { ExternalSignIn } from "./identity-source.ts";
import { DEFAULT_LOCKOUT, isLockedOut, type LockoutPolicy } from "./lockout.ts";
import type { OauthClient, User } from "./model.ts";
import { mustChangePassword } from "./password-policy.ts";
import { decideUserScopes, parseScopes } from "./scopes.ts";

/** A refusal that the login page explains; over the API all read alike but the locked one. */
export const LOCKED = "Your account has been locked because of too many failed attempts to login.";
export const NOT_VERIFIED = "Account not verified";

/** Who signed in, and whether a new password must come before anything else. */
export interface SignedIn extends ExternalSignIn {
  readonly passwordChangeRequired: boolean;
}

/**
 * The user with this name and password. Failures are counted and lock the account for a while. Without an origin the
 * internal accounts come first, then LDAP. Throws `invalid_client` (one text for unknown and wrong), `unauthorized` when
 * locked or when the origin takes no passwords. UAA: AuthzAuthenticationManager, ChainedAuthenticationManager
 */
export async function signIn(
  context: UaaContext,
  userName: string,
  password: string,
  origin: string | null,
): Promise<SignedIn> {
  const { users, clock, hasher } = context;
  if (origin !== null && origin !== "uaa") return await signInElsewhere(context, userName, password, origin);
  const [user] = await users.findByName(userName, "uaa");
  if (user === undefined || user.passwordHash === null) {
    const external = origin === null ? await context.identities.signIn(userName, password, null) : null;
    if (external !== null) return succeeded(context, external);
    await hasher.pretend(password);
    audit(context, "UserNotFound", { name: unknownName(userName) });
    throw badCredentials();
  }
  const lockout = await lockoutPolicyOf(context);
  const refuseLocked = async (): Promise<void> => {
    if (!isLockedOut(await users.failures(user.id), clock.nowMs(), lockout)) return;
    audit(context, "AccountLocked", { userId: user.id });
    throw new UaaError("unauthorized", LOCKED);
  };
  await refuseLocked();
  if (password === "" || !(await hasher.matches(password, user.passwordHash))) {
    await users.recordFailure(user.id, clock.nowMs());
    await context.database.durable();
    audit(context, "UserAuthenticationFailure", { userId: user.id, origin: "uaa" });
    const external = origin === null ? await context.identities.signIn(userName, password, null) : null;
    if (external !== null) return succeeded(context, external);
    throw badCredentials();
  }
  await refuseLocked(); // guesses that came at once must not get further than those that came in turn
  if (!user.active) throw badCredentials();
  if (!user.verified) throw new UaaError("access_denied", NOT_VERIFIED);
  await users.recordSuccess(user, clock.nowMs());
  audit(context, "UserAuthenticationSuccess", { userId: user.id, origin: "uaa" });
  return {
    user: { ...user, previousLogonMs: user.lastLogonMs, lastLogonMs: clock.nowMs() },
    authMethods: ["pwd"],
    passwordChangeRequired: await mustChangePassword(context, user),
  };
}

/** As `signIn`, for programs: they cannot be led to the page for a new password. Throws `unauthorized` for who must go there. */
export async function signInByProgram(
  context: UaaContext,
  userName: string,
  password: string,
  origin: string | null,
): Promise<ExternalSignIn> {
  const signedIn = await signIn(context, userName, password, origin);
  if (signedIn.passwordChangeRequired) throw new UaaError("unauthorized", "password change required");
  return signedIn;
}

async function signInElsewhere(
  context: UaaContext,
  userName: string,
  password: string,
  origin: string,
): Promise<SignedIn> {
  const external = await context.identities.signIn(userName, password, origin);
  if (external !== null) return succeeded(context, external);
  const isKnown = await context.identities.isActive(origin);
  // UAA: PasswordGrantAuthenticationManager
  const text =
    "The origin provided in the login_hint does not match an active Identity Provider, that supports password grant.";
  throw isKnown ? badCredentials() : new UaaError("unauthorized", text);
}

function succeeded(context: UaaContext, external: ExternalSignIn): SignedIn {
  const { id: userId, origin, active } = external.user;
  if (!active) throw badCredentials();
  audit(context, "UserAuthenticationSuccess", { userId, origin });
  return { ...external, passwordChangeRequired: false };
}

async function lockoutPolicyOf(context: UaaContext): Promise<LockoutPolicy> {
  const { lockout } = await context.identities.internalPolicies();
  return { ...DEFAULT_LOCKOUT, ...context.config.lockoutPolicy, ...lockout };
}

/** Clients may be limited to some identity providers. Throws `unauthorized_client`. UAA: ClientConstants.ALLOWED_PROVIDERS */
export function requireAllowedProvider(client: OauthClient, user: User): void {
  const allowed = client.additional["allowedproviders"];
  if (!Array.isArray(allowed)) return;
  if (allowed.length === 0) {
    throw new UaaError("unauthorized_client", "Client is not authorized for any identity providers.");
  }
  if (!allowed.includes(user.origin)) {
    throw new UaaError("unauthorized_client", "Client is not authorized for specified user's identity provider.");
  }
}

/** What a request with this `scope` gets in the name of a user; as `decideUserScopes`. */
export async function scopesOfUser(
  context: UaaContext,
  client: OauthClient,
  user: User,
  scope: string | undefined,
): Promise<string[]> {
  return decideUserScopes(parseScopes(scope), client, await groupNamesOf(context, user.id));
}

/** Names of all groups of a user, the default ones included. */
export async function groupNamesOf(context: UaaContext, userId: string): Promise<Set<string>> {
  const names = new Set(context.defaultGroups);
  for (const { group } of await context.groups.groupsOf(userId)) names.add(group.displayName);
  return names;
}
