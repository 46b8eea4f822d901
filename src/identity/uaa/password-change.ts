import { audit } from "./audit.ts";
import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import type { User } from "./model.ts";
import { checkPassword } from "./password-policy.ts";

/**
 * Gives an internal account a new password. Its tokens and browser sessions end, its lock is opened, and whoever can do
 * this has shown that the address is his: the account counts as verified. Durable. Throws `invalid_password` (422) for one
 * that breaks the policy or is the old one, `scim_resource_conflict` when someone was faster.
 * UAA: UaaResetPasswordService, PasswordChangeEndpoint
 */
export async function changePassword(context: UaaContext, user: User, password: string): Promise<User> {
  await checkPassword(context, password);
  await requireOther(context, user, password);
  return await setPassword(context, user, password);
}

/** Throws `invalid_password` (422) for the password that the account has. */
export async function requireOther({ hasher }: UaaContext, user: User, password: string): Promise<void> {
  if (user.passwordHash !== null && (await hasher.matches(password, user.passwordHash))) {
    throw new UaaError("invalid_password", "Your new password cannot be the same as the old password.");
  }
}

/** As `changePassword`, with a password that has been checked. */
export async function setPassword(context: UaaContext, user: User, password: string): Promise<User> {
  const { hasher, users, tokens, clock, database } = context;
  const nowMs = clock.nowMs();
  const next: User = {
    ...user,
    passwordHash: await hasher.hash(password),
    passwordChangedMs: nowMs,
    passwordChangeRequired: false,
    verified: true,
    lastModifiedMs: nowMs,
    version: user.version + 1,
  };
  await users.update(next, user.version);
  await users.clearFailures(user.id);
  // Tokens made with the old password are void by their rev_sig anyway; opaque ones need not lie about.
  await tokens.deleteTokensAndSessionsOf(user.id);
  await database.durable();
  audit(context, "PasswordChangeSuccess", { userId: user.id });
  return next;
}
