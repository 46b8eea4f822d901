import { UaaError } from "./errors.ts";
import type { Approval, Group, User } from "./model.ts";

export const SCIM_SCHEMAS = ["urn:scim:schemas:core:1.0"];
/** UAA: ScimUtils, scim.username_pattern */
const USER_NAME = /^[\p{L}+0-9\-_.@'!]+$/u;

/** A user as SCIM JSON. UAA: ScimUserJsonSerializer */
export function wireUser(
  user: User,
  groups: readonly { readonly group: Group; readonly direct: boolean }[],
  approvals: readonly Approval[],
  zoneId: string,
): Record<string, unknown> {
  return {
    id: user.id,
    ...(user.externalId === null ? {} : { externalId: user.externalId }),
    meta: {
      version: user.version,
      created: new Date(user.createdMs).toISOString(),
      lastModified: new Date(user.lastModifiedMs).toISOString(),
    },
    userName: user.userName,
    name: {
      ...(user.familyName === null ? {} : { familyName: user.familyName }),
      ...(user.givenName === null ? {} : { givenName: user.givenName }),
    },
    emails: [{ value: user.email, primary: false }],
    groups: groups.map(({ group, direct }) => ({
      value: group.id,
      display: group.displayName,
      type: direct ? "DIRECT" : "INDIRECT",
    })),
    approvals: approvals.map(wireApproval),
    ...(user.phoneNumber === null ? {} : { phoneNumbers: [{ value: user.phoneNumber }] }),
    active: user.active,
    verified: user.verified,
    origin: user.origin,
    zoneId,
    passwordLastModified: new Date(user.passwordChangedMs).toISOString(),
    ...(user.previousLogonMs === null ? {} : { previousLogonTime: user.previousLogonMs }),
    ...(user.lastLogonMs === null ? {} : { lastLogonTime: user.lastLogonMs }),
    schemas: SCIM_SCHEMAS,
  };
}

/** Of a user, or on its own. UAA: Approval */
export function wireApproval(approval: Approval): Record<string, unknown> {
  return {
    userId: approval.userId,
    clientId: approval.clientId,
    scope: approval.scope,
    status: approval.status,
    lastUpdatedAt: new Date(approval.lastModifiedMs).toISOString(),
    expiresAt: new Date(approval.expiresMs).toISOString(),
  };
}

/** What a client may write of a user; undefined: not mentioned. */
export interface UserInput {
  readonly userName?: string | undefined;
  readonly origin?: string | undefined;
  readonly email?: string | undefined;
  /** How many addresses were given; null: none of them mentioned. */
  readonly emailCount?: number | null | undefined;
  readonly givenName?: string | null | undefined;
  readonly familyName?: string | null | undefined;
  readonly phoneNumber?: string | null | undefined;
  readonly externalId?: string | null | undefined;
  readonly active?: boolean | undefined;
  readonly verified?: boolean | undefined;
  readonly password?: string | undefined;
}

/** Reads SCIM JSON. Throws `invalid_scim_resource` for fields of a wrong type. */
export function readUser(body: Readonly<Record<string, unknown>>): UserInput {
  const name = body["name"];
  const names = typeof name === "object" && name !== null ? (name as Record<string, unknown>) : {};
  const removed = removedAttributes(body["meta"]);
  const unless = (attribute: string, value: string | undefined): string | null | undefined =>
    value === undefined && (removed.has(attribute) || removed.has(`name.${attribute}`)) ? null : value;
  return {
    userName: text(body, "userName"),
    origin: text(body, "origin"),
    email: firstValue(body["emails"], "emails"),
    emailCount: Array.isArray(body["emails"]) ? body["emails"].length : null,
    givenName: unless("givenname", text(names, "givenName")),
    familyName: unless("familyname", text(names, "familyName")),
    phoneNumber: unless("phonenumbers", firstValue(body["phoneNumbers"], "phoneNumbers")),
    externalId: unless("externalid", text(body, "externalId")),
    active: flag(body, "active"),
    verified: flag(body, "verified"),
    password: text(body, "password"),
  };
}

/** Throws `invalid_scim_resource` as UAA's ScimUtils.validate does. */
export function validateUser(
  { userName, email, emailCount }: Pick<UserInput, "userName" | "email" | "emailCount">,
  origin: string,
): void {
  if (userName === undefined || userName === "") {
    throw new UaaError("invalid_scim_resource", "A username must be provided.");
  }
  if (userName.length > 255 || (origin === "uaa" && !USER_NAME.test(userName))) {
    throw new UaaError("invalid_scim_resource", `Username must match pattern: [\\p{L}+0-9+\\-_.@'!]+`);
  }
  if (email === undefined || (emailCount ?? 1) !== 1)
    throw new UaaError("invalid_scim_resource", "Exactly one email must be provided.");
  if (email.trim() === "" || email.length > 255) {
    throw new UaaError("invalid_scim_resource", "An email must be provided.");
  }
}

/** What a PATCH takes away, in lower case: `{ "meta": { "attributes": ["phoneNumbers"] } }`. SCIM 1.1 §3.3.2 */
export function removedAttributes(meta: unknown): ReadonlySet<string> {
  const list = typeof meta === "object" && meta !== null && "attributes" in meta ? meta.attributes : [];
  const names = Array.isArray(list) ? list.map((name) => String(name).toLowerCase()) : [];
  return new Set(names.flatMap((name) => (name === "name" ? ["givenname", "familyname"] : [name])));
}

function text(source: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = source[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new UaaError("invalid_scim_resource", `${name} must be text`);
  return value;
}

function flag(source: Readonly<Record<string, unknown>>, name: string): boolean | undefined {
  const value = source[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw new UaaError("invalid_scim_resource", `${name} must be true or false`);
  return value;
}

/** Of a list like `[{ "value": "a@b", "primary": true }]` the primary value, else the first. */
function firstValue(list: unknown, name: string): string | undefined {
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list)) throw new UaaError("invalid_scim_resource", `${name} must be a list`);
  const entries = list.filter((entry): entry is Record<string, unknown> => typeof entry === "object" && entry !== null);
  const chosen = entries.find((entry) => entry["primary"] === true) ?? entries[0];
  return chosen === undefined ? undefined : text(chosen, "value");
}
