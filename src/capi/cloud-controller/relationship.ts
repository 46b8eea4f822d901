import { z } from "zod";
import type { Links } from "./api/links.ts";
import { check } from "./validation.ts";

/** `{ data: { guid } | null, links }`. CC: presenters/v3/to_one_relationship_presenter.rb */
export function presentToOne(
  links: Links,
  resourcePath: string,
  relationship: string,
  related: { readonly path: string; readonly guid: string } | null,
): object {
  const self = links.to(`${resourcePath}/relationships/${relationship}`);
  if (related === null) return { data: null, links: { self } };
  return { data: { guid: related.guid }, links: { self, related: links.to(related.path) } };
}

/** `{ data: [{ guid }], links }`. CC: presenters/v3/to_many_relationship_presenter.rb */
export function presentToMany(
  links: Links,
  resourcePath: string,
  relationship: string,
  guids: readonly string[],
  related = true,
): object {
  return {
    data: guids.map((guid) => ({ guid })),
    links: {
      self: links.to(`${resourcePath}/relationships/${relationship}`),
      ...(related ? { related: links.to(`${resourcePath}/${relationship}`) } : {}),
    },
  };
}

/**
 * The body `{ data: { guid } }`; gives the guid. Null for no data, data of null and a guid of null, all of which say the same.
 * CC: messages/space_update_isolation_segment_message.rb
 */
export const TO_ONE_BODY = toOneBody(false);

/** The same where there must be data; a guid of null is then one that nothing has. CC: messages/route_transfer_owner_message.rb */
export const TO_ONE_REQUIRED_BODY = toOneBody(true);

function toOneBody(isRequired: boolean) {
  const data = z.unknown().superRefine(
    check((data) => {
      if (data === null || data === undefined) return isRequired ? ["can't be blank", "must be an object"] : [];
      if (typeof data !== "object" || Array.isArray(data)) return ["must be an object"];
      const { guid } = data as { guid?: unknown };
      return [
        ...(Object.keys(data).length === 1 ? [] : ["can only accept one key"]),
        ...("guid" in data ? [] : ["can only accept key 'guid'"]),
        ...(guid === undefined || guid === null || typeof guid === "string"
          ? []
          : [`${JSON.stringify(guid)} must be a string`]),
        ...(isRequired && guid === "" ? ["guid can't be blank"] : []),
      ];
    }),
  );
  return z
    .strictObject({ data: isRequired ? data : data.optional() })
    .transform(({ data }) => (data as { guid?: string | null } | null | undefined)?.guid ?? null);
}

/** The body `{ data: [{ guid }] }`; gives the guids. CC: messages/to_many_relationship_message.rb */
export const TO_MANY_BODY = z
  .strictObject({
    data: z.unknown().superRefine(
      check<unknown>((data) => {
        if (data === undefined || data === null || (Array.isArray(data) && data.length === 0))
          return ["can't be blank"];
        if (!Array.isArray(data)) return ["must be an array"];
        return data.flatMap((entry, index) =>
          typeof (entry as { guid?: unknown } | null)?.guid === "string"
            ? []
            : [`\u0000full:Invalid data type: Data[${index}] guid should be a string.`],
        );
      }),
    ),
  })
  .transform(({ data }) => (data as { guid: string }[]).map(({ guid }) => guid));

/** `["a", "b"]`, as CC's texts list guids. */
export function listed(guids: readonly string[]): string {
  return `[${guids.map((guid) => `"${guid}"`).join(", ")}]`;
}
