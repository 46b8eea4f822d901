import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import type { User } from "./model.ts";

/** What a password must have; counts of characters. UAA: PasswordPolicy */
export interface PasswordPolicy {
  readonly minLength: number;
  readonly maxLength: number;
  readonly requireUpperCaseCharacter: number;
  readonly requireLowerCaseCharacter: number;
  readonly requireDigit: number;
  readonly requireSpecialCharacter: number;
  /** 0: never. */
  readonly expirePasswordInMonths: number;
  /** Milliseconds since the epoch: older passwords must be replaced. UAA: PATCH /identity-providers/{id}/status */
  readonly passwordNewerThan?: number;
}

/** UAA: scim-endpoints.xml, globalPasswordPolicy; an empty password is refused there too. */
export const DEFAULT_PASSWORD_POLICY: PasswordPolicy = {
  minLength: 1,
  maxLength: 255,
  requireUpperCaseCharacter: 0,
  requireLowerCaseCharacter: 0,
  requireDigit: 0,
  requireSpecialCharacter: 0,
  expirePasswordInMonths: 0,
};

/** Whatever a policy says: hashing longer ones would let strangers burn our time. */
const LENGTH_MAX = 255;

/** The policy in force: the internal provider's, else the configuration's. */
async function passwordPolicyOf(context: UaaContext): Promise<PasswordPolicy> {
  const { password } = await context.identities.internalPolicies();
  return { ...DEFAULT_PASSWORD_POLICY, ...context.config.passwordPolicy, ...password };
}

/** As `validatePassword`, by the policy in force. */
export async function checkPassword(context: UaaContext, password: string): Promise<void> {
  validatePassword(password, await passwordPolicyOf(context));
}

/** Throws `invalid_password` (422) with every rule that is broken. UAA: UaaPasswordPolicyValidator */
export function validatePassword(password: string, policy: PasswordPolicy): void {
  const broken = brokenRules("Password", password, { ...policy, minLength: Math.max(1, policy.minLength) });
  if (broken.length > 0) throw new UaaError("invalid_password", broken.join(" "));
}

/** What a secret lacks by a policy, in words that name it so. UAA: messages.properties of passay */
export function brokenRules(name: string, secret: string, policy: PasswordPolicy): string[] {
  const broken: string[] = [];
  const maxLength = Math.min(LENGTH_MAX, policy.maxLength);
  if (secret.length < policy.minLength)
    broken.push(`${name} must be at least ${policy.minLength} characters in length.`);
  if (secret.length > maxLength) broken.push(`${name} must be no more than ${maxLength} characters in length.`);
  const needs = (count: number, kind: string, pattern: RegExp): void => {
    if ((secret.match(pattern) ?? []).length < count) {
      broken.push(`${name} must contain at least ${count} ${kind} characters.`);
    }
  };
  needs(policy.requireUpperCaseCharacter, "uppercase", /\p{Lu}/gu);
  needs(policy.requireLowerCaseCharacter, "lowercase", /\p{Ll}/gu);
  needs(policy.requireDigit, "digit", /\p{Nd}/gu);
  needs(policy.requireSpecialCharacter, "special", /[^\p{L}\p{N}\p{C}]/gu);
  return broken;
}

/** Whether this account may do nothing before it has a new password. */
export async function mustChangePassword(context: UaaContext, user: User): Promise<boolean> {
  if (user.origin !== "uaa") return false;
  const policy = await passwordPolicyOf(context);
  return user.passwordChangeRequired || isPasswordExpired(user.passwordChangedMs, context.clock.nowMs(), policy);
}

/** Whether a password of this age must be replaced at the next sign-in. UAA: AuthzAuthenticationManager */
export function isPasswordExpired(changedMs: number, nowMs: number, policy: PasswordPolicy): boolean {
  if (typeof policy.passwordNewerThan === "number" && changedMs < policy.passwordNewerThan) return true;
  if (policy.expirePasswordInMonths <= 0) return false;
  const expires = new Date(changedMs);
  expires.setUTCMonth(expires.getUTCMonth() + policy.expirePasswordInMonths);
  return expires.getTime() < nowMs;
}
