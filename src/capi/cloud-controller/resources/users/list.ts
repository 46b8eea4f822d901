import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListQuery, type ListSpec, parseListQuery } from "../../list-query.ts";
import { uaaUsers, uaaUsersByName } from "./names.ts";
import { presentUsers } from "./present.ts";

/** CC: messages/users_list_message.rb */
export const USERS_LIST: ListSpec = {
  filters: { usernames: "list", partial_usernames: "list", origins: "list" },
  labelSelector: true,
  check: (list) => {
    const names = list.list("usernames");
    const partial = list.list("partial_usernames");
    return [
      ...(list.list("origins") !== null && names === null && partial === null
        ? ["Origins filter cannot be provided without usernames or partial_usernames filter."]
        : []),
      ...(names !== null && partial !== null
        ? ["Usernames filter cannot be provided with both usernames and partial_usernames filter."]
        : []),
    ];
  },
};

/** Answers a list of those of `guids` (a subquery or guids; null: all) that the request's filters leave. */
export async function listUsers(
  api: CcApi,
  { query, path }: Pick<CcRequest, "query" | "path">,
  spec: ListSpec,
  guids: ReturnType<typeof guidsOfMembers> | null,
): Promise<object> {
  const list = parseListQuery(spec, query);
  let rows = api.db.selectFrom("users").selectAll("users");
  if (guids !== null) rows = rows.where("users.guid", "in", guids);
  const named = await guidsByName(api, list);
  if (named !== null) rows = rows.where("users.guid", "in", named);
  const page = await readPage(rows, "users", list, { owner: "user" });
  return presentPage(api.links, path, list, page.total, await presentUsers(api, page.rows));
}

/** Users with any role of their own in an organization, or in a space. */
export function guidsOfMembers(
  api: CcApi,
  place: { readonly organization_guid: string } | { readonly space_guid: string },
) {
  const roles = api.db.selectFrom("roles").select("roles.user_guid");
  return "space_guid" in place
    ? roles.where("roles.space_guid", "=", place.space_guid)
    : roles.where("roles.organization_guid", "=", place.organization_guid);
}

async function guidsByName(api: CcApi, list: ListQuery): Promise<string[] | null> {
  const origins = list.list("origins");
  const exact = list.list("usernames");
  const fits = (origin: string): boolean => origins === null || origins.includes(origin);
  if (exact !== null) {
    return (await uaaUsersByName(api, exact, null)).filter(({ origin }) => fits(origin)).map(({ id }) => id);
  }
  const partial = list.list("partial_usernames")?.map((part) => part.toLowerCase()) ?? null;
  if (partial === null) return null;
  // The UAA looks up whole names only: look through those that CC knows.
  const known = await api.db.selectFrom("users").select("guid").execute();
  const users = await uaaUsers(
    api,
    known.map(({ guid }) => guid),
  );
  return [...users.values()]
    .filter(({ userName, origin }) => fits(origin) && partial.some((part) => userName.toLowerCase().includes(part)))
    .map(({ id }) => id);
}
