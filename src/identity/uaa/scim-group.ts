import type { UaaContext } from "./context.ts";
import { UaaError } from "./errors.ts";
import type { Group, Membership } from "./model.ts";
import { SCIM_SCHEMAS } from "./scim-user.ts";

/** A member as a request names it. */
export interface MemberInput extends Membership {
  /** It is to go. Only in a PATCH. */
  readonly isRemoval: boolean;
}

/** More members in one request than any client sends. */
const MEMBERS_MAX = 5000;

/** A group as SCIM JSON. UAA: ScimGroup */
export function wireGroup(group: Group, members: readonly Membership[], zoneId: string): Record<string, unknown> {
  return {
    id: group.id,
    meta: {
      version: group.version,
      created: new Date(group.createdMs).toISOString(),
      lastModified: new Date(group.lastModifiedMs).toISOString(),
    },
    displayName: group.displayName,
    ...(group.description === null ? {} : { description: group.description }),
    zoneId,
    members: members.map(wireMember),
    schemas: SCIM_SCHEMAS,
  };
}

export function wireMember(member: Membership): Record<string, unknown> {
  return { origin: member.origin, type: member.memberType, value: member.memberId };
}

export function readDisplayName(body: Readonly<Record<string, unknown>>): string {
  const name = body["displayName"];
  if (typeof name !== "string" || name.trim() === "" || name.length > 255) {
    throw new UaaError("invalid_scim_resource", "A group must have a displayName of at most 255 characters");
  }
  return name;
}

/** Members that are there. Throws `invalid_scim_resource`. UAA: JdbcScimGroupMembershipManager.validateRequest */
export async function readMembers(context: UaaContext, groupId: string, list: unknown): Promise<MemberInput[]> {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list) || list.length > MEMBERS_MAX) {
    throw new UaaError("invalid_scim_resource", "members must be a list");
  }
  const members: MemberInput[] = [];
  for (const entry of list as unknown[]) {
    const fields = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : {};
    const { value: memberId, type = "USER", origin = "uaa", operation } = fields;
    if (typeof memberId !== "string" || memberId === "" || typeof origin !== "string" || typeof type !== "string") {
      throw new UaaError("invalid_scim_resource", "group-id, member-id, origin and member-type must be non-empty");
    }
    const memberType = type.toUpperCase() === "GROUP" ? "GROUP" : "USER";
    const isRemoval = String(operation).toLowerCase() === "delete";
    if (memberId === groupId) {
      throw new UaaError("invalid_scim_resource", "trying to nest group within itself, aborting");
    }
    const exists =
      isRemoval ||
      (memberType === "USER" ? await context.users.find(memberId) : await context.groups.find(memberId)) !== null;
    if (!exists) throw new UaaError("invalid_scim_resource", `Invalid group member: ${memberId}`);
    members.push({ groupId, memberId, memberType, origin, isRemoval });
  }
  return members;
}

/** The members before, with those that are given, without those that are to go. */
export function mergeMembers(before: readonly Membership[], given: readonly MemberInput[]): Membership[] {
  const merged = new Map(before.map((member) => [member.memberId, member]));
  for (const { isRemoval, ...member } of given) {
    if (isRemoval) merged.delete(member.memberId);
    else merged.set(member.memberId, member);
  }
  return [...merged.values()];
}
