import { z } from "zod";
import { check, full, metadata, own, relationships, toMany, toOne } from "../../validation.ts";

const NAME_MIN = 3;
const NAME_MAX = 253;
const RFC_1035 = /^(([a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9])\.)+([a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9])$/i;

/** What is wrong with a domain's name. CC: messages/domain_create_message.rb */
export function domainNameTexts(name: unknown): string[] {
  if (name === undefined || name === null || name === "") return ["can't be blank"];
  if (typeof name !== "string") return ["must be a string"];
  return [
    ...(name.length < NAME_MIN ? [`is too short (minimum is ${NAME_MIN} characters)`] : []),
    ...(name.length > NAME_MAX ? [`is too long (maximum is ${NAME_MAX} characters)`] : []),
    ...(RFC_1035.test(name) ? [] : ["does not comply with RFC 1035 standards"]),
    ...(name.includes(".") ? [] : ['must contain at least one "."']),
    ...(name.split(".").every((label) => label.length <= 63) ? [] : ["subdomains must each be at most 63 characters"]),
    ...(/[^a-z0-9\-.]/i.test(name) ? ["must consist of alphanumeric characters and hyphens"] : []),
  ];
}

const POLICY_SCOPES = ["any", "org", "space"] as const;

const domainRelationships = relationships({
  organization: toOne("organization").nullish(),
  shared_organizations: toMany("shared_organizations").nullish(),
}).superRefine(
  check((value) =>
    value.shared_organizations !== undefined && value.organization === undefined
      ? ["cannot contain shared_organizations without an owning organization."]
      : [],
  ),
);

export const DOMAIN_CREATE = z
  .strictObject({
    name: z
      .unknown()
      .superRefine(check<unknown>(domainNameTexts))
      .transform((name) => String(name)),
    internal: z.boolean().nullish(),
    relationships: domainRelationships.optional(),
    router_group: z.strictObject({ guid: z.string({ error: own("must be a string") }) }).nullish(),
    enforce_route_policies: z.boolean().nullish(),
    route_policies_scope: z.enum(POLICY_SCOPES, { error: own("must be one of 'any', 'org', 'space'") }).nullish(),
    metadata: metadata(),
  })
  .superRefine(
    check(({ internal, relationships: related, router_group: group, enforce_route_policies: enforced, ...rest }) => [
      ...(enforced === true && internal === true
        ? [full("Internal domains cannot have route policy enforcement. Internal routes bypass GoRouter.")]
        : []),
      ...(enforced === true && group !== undefined
        ? [
            full(
              "Domains with a router group cannot have route policy enforcement. TCP routes do not support mTLS policy enforcement.",
            ),
          ]
        : []),
      ...(enforced === true && !rest.route_policies_scope
        ? [full("Route policies scope is required when enforce_route_policies is true")]
        : []),
      ...(internal === true && related !== undefined
        ? [full("Cannot associate an internal domain with an organization")]
        : []),
      ...(internal === true && group !== undefined
        ? [full("Internal domains cannot be associated to a router group.")]
        : []),
      ...(related !== undefined && group !== undefined
        ? [full("Domains scoped to an organization cannot be associated to a router group.")]
        : []),
    ]),
  );

export const DOMAIN_UPDATE = z.strictObject({ metadata: metadata() });

/** CC: messages/domain_update_shared_orgs_message.rb */
export const SHARED_ORGANIZATIONS = z
  .object({ data: z.unknown().optional() })
  .superRefine(
    check(({ data }) => {
      const fits =
        Array.isArray(data) &&
        data.every((entry: unknown) => {
          const guid = (entry as { guid?: unknown } | null)?.guid;
          return typeof guid === "string" && guid.length >= 1 && guid.length <= 200;
        });
      return fits
        ? []
        : [full('Data must have the structure "data": [{"guid": shared_org_guid_1}, {"guid": shared_org_guid_2}]')];
    }),
  )
  .transform(({ data }) => (data as { guid: string }[]).map(({ guid }) => guid));
