import type { ProviderContext } from "./context.ts";
import type { User } from "./model.ts";

export type NewUser = Pick<User, "userName" | "origin" | "email" | "passwordHash" | "verified"> &
  Partial<Pick<User, "givenName" | "familyName" | "phoneNumber" | "externalId" | "active">>;

/** An account that nobody has used yet; not stored. */
export function freshUser({ clock, random }: Pick<ProviderContext, "clock" | "random">, given: NewUser): User {
  const { userName, origin, email, passwordHash, verified } = given;
  const { givenName = null, familyName = null, phoneNumber = null, externalId = null, active = true } = given;
  const nowMs = clock.nowMs();
  return {
    id: random.guid(),
    userName,
    origin,
    email,
    givenName,
    familyName,
    phoneNumber,
    externalId,
    passwordHash,
    active,
    verified,
    version: 0,
    createdMs: nowMs,
    lastModifiedMs: nowMs,
    passwordChangedMs: nowMs,
    lastLogonMs: null,
    previousLogonMs: null,
    passwordChangeRequired: false,
    tokenSalt: "",
    info: null,
  };
}
