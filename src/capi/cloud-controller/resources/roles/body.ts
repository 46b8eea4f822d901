import { z } from "zod";
import type { RoleType } from "../../store/schema.ts";
import { check, full } from "../../validation.ts";

/** CC: models/helpers/role_types.rb */
export const ORGANIZATION_ROLES: readonly string[] = [
  "organization_auditor",
  "organization_manager",
  "organization_billing_manager",
  "organization_user",
];
export const SPACE_ROLES: readonly string[] = ["space_auditor", "space_manager", "space_developer", "space_supporter"];
const ALL_ROLES = [...ORGANIZATION_ROLES, ...SPACE_ROLES];

export interface RoleWanted {
  readonly type: RoleType;
  readonly user: { readonly guid: string } | { readonly userName: string; readonly origin: string | null };
  readonly place: { readonly organizationGuid: string } | { readonly spaceGuid: string };
}

type Bag = Readonly<Record<string, unknown>>;

/** CC: messages/role_create_message.rb */
export const ROLE_CREATE = z
  .strictObject({ type: z.unknown().optional(), relationships: z.unknown().optional() })
  .superRefine(
    check(({ type, relationships }) => [
      ...relationshipTexts(type, relationships).map((text) => full(`Relationships ${text}`)),
      ...(ALL_ROLES.includes(type as string)
        ? []
        : [full(`Type must be one of the allowed types [${ALL_ROLES.map((role) => `"${role}"`).join(", ")}]`)]),
    ]),
  )
  .transform(({ type, relationships }): RoleWanted => {
    const bag = relationships as Readonly<Record<string, { data: Record<string, string> } | undefined>>;
    const user = bag["user"]!.data;
    const space = bag["space"]?.data;
    return {
      type: type as RoleType,
      user:
        user["guid"] === undefined
          ? { userName: user["username"]!, origin: user["origin"] ?? null }
          : { guid: user["guid"] },
      place: space ? { spaceGuid: space["guid"]! } : { organizationGuid: bag["organization"]!.data["guid"]! },
    };
  });

function dataOf(bag: Bag, name: string): Bag | null {
  const value = bag[name];
  const data = isBag(value) ? value["data"] : null;
  return isBag(data) ? data : null;
}

function isBag(value: unknown): value is Bag {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function relationshipTexts(type: unknown, relationships: unknown): string[] {
  if (!isBag(relationships)) return ["'relationships' is not an object"];
  if (Object.keys(relationships).length === 0) return ["'relationships' must include one or more valid relationships"];
  const unknown = Object.keys(relationships).filter((name) => !["space", "user", "organization"].includes(name));
  const user = userTexts(relationships);
  const place = placeTexts(type, relationships);
  return [
    ...(unknown.length > 0 ? [`Unknown field(s): '${unknown.join("', '")}'`] : []),
    ...user,
    ...place,
    ...(place.length > 0 ? [] : ["space", "organization"].flatMap((name) => guidTexts(relationships, name))),
    ...(user.length > 0 ? [] : userValueTexts(relationships)),
  ];
}

function userTexts(relationships: Bag): string[] {
  if (relationships["user"] === undefined || relationships["user"] === null) {
    return ["User can't be blank", "User must have a username or guid specified"];
  }
  const data = dataOf(relationships, "user") ?? {};
  const has = (key: string): boolean => key in data;
  return [
    ...(has("guid") && has("username") ? ["Username cannot be specified when identifying user by guid"] : []),
    ...(has("guid") && has("origin") ? ["User origin cannot be specified when identifying user by guid"] : []),
    ...(!has("username") && has("origin") ? ["User origin cannot be specified without specifying the username"] : []),
    ...(!has("username") && !has("guid") ? ["User must have a username or guid specified"] : []),
  ];
}

function userValueTexts(relationships: Bag): string[] {
  const data = dataOf(relationships, "user") ?? {};
  if ("guid" in data) return guidTexts(relationships, "user");
  return [
    ...(typeof data["username"] === "string" ? [] : ["Username must be a string"]),
    ...(data["origin"] === undefined || data["origin"] === null || typeof data["origin"] === "string"
      ? []
      : ["User origin must be a string"]),
  ];
}

function placeTexts(type: unknown, relationships: Bag): string[] {
  const space = dataOf(relationships, "space");
  const organization = dataOf(relationships, "organization");
  return [
    ...(space === null && organization === null ? ["must specify either a space or an organization."] : []),
    ...(space !== null && ORGANIZATION_ROLES.includes(type as string)
      ? [`Space cannot be provided with the organization role type: '${type}'.`]
      : []),
    ...(organization !== null && SPACE_ROLES.includes(type as string)
      ? [`Organization cannot be provided with the space role type: '${type}'.`]
      : []),
    ...(space !== null && organization !== null ? ["cannot specify both an organization and a space."] : []),
  ];
}

function guidTexts(relationships: Bag, name: string): string[] {
  const value = relationships[name];
  if (value === undefined) return [];
  const attribute = name.charAt(0).toUpperCase() + name.slice(1);
  const data = dataOf(relationships, name);
  const shaped = data !== null && Object.keys(value as Bag).join() === "data" && Object.keys(data).join() === "guid";
  if (!shaped) return [`${attribute} must be structured like this: "${name}: {"data": {"guid": "valid-guid"}}"`];
  const guid = data["guid"];
  const fits = typeof guid === "string" && guid.length >= 1 && guid.length <= 200;
  return [
    ...(typeof guid === "string" ? [] : [`${attribute} guid must be a string`]),
    ...(fits ? [] : [`${attribute} guid must be between 1 and 200 characters`]),
  ];
}
