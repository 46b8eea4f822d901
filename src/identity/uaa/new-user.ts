import type { UaaContext } from "./context.ts";
import type { User } from "./model.ts";

/** An internal account, not stored yet. Without a password nobody can sign in until one is chosen by a code. */
export async function newInternalUser(
  context: UaaContext,
  given: {
    readonly userName: string;
    readonly email: string;
    readonly password: string | null;
    readonly verified: boolean;
  },
): Promise<User> {
  const nowMs = context.clock.nowMs();
  // A password of chance rather than none: the account is an internal one, whose password can be reset.
  const password = given.password ?? context.secrets.token(32);
  return {
    id: context.random.guid(),
    userName: given.userName,
    origin: "uaa",
    email: given.email,
    givenName: null,
    familyName: null,
    phoneNumber: null,
    externalId: null,
    passwordHash: await context.hasher.hash(password),
    active: true,
    verified: given.verified,
    version: 0,
    createdMs: nowMs,
    lastModifiedMs: nowMs,
    passwordChangedMs: nowMs,
    lastLogonMs: null,
    previousLogonMs: null,
    passwordChangeRequired: false,
    tokenSalt: "",
  };
}
