import type { OauthClient } from "./model.ts";
import { type ScimFilter, ScimFilterError } from "./scim-filter.ts";

/** Whether a client fits a filter on client_id, scope or authorities. Clients are few, so this runs in memory. */
export function matchesClientFilter(filter: ScimFilter, client: OauthClient): boolean {
  if (filter.kind === "and")
    return matchesClientFilter(filter.left, client) && matchesClientFilter(filter.right, client);
  if (filter.kind === "or")
    return matchesClientFilter(filter.left, client) || matchesClientFilter(filter.right, client);
  const values = valuesOf(client, filter.attribute);
  if (filter.kind === "present") return values.length > 0;
  const wanted = String(filter.value).toLowerCase();
  const fits = (value: string): boolean => {
    switch (filter.operator) {
      case "eq":
        return value === wanted;
      case "co":
        return value.includes(wanted);
      case "sw":
        return value.startsWith(wanted);
      case "gt":
        return value > wanted;
      case "ge":
        return value >= wanted;
      case "lt":
        return value < wanted;
      case "le":
        return value <= wanted;
    }
  };
  return values.some((value) => fits(value.toLowerCase()));
}

const SORTABLE: ReadonlyMap<string, (client: OauthClient) => string> = new Map([
  ["client_id", ({ clientId }) => clientId],
  ["clientid", ({ clientId }) => clientId],
  ["name", ({ additional }) => String(additional["name"] ?? "")],
  ["lastmodified", ({ lastModifiedMs }) => String(lastModifiedMs).padStart(16, "0")],
]);

/** Throws `ScimFilterError` for an attribute that clients are not sorted by. */
export function sortClients(clients: readonly OauthClient[], sortBy: string, ascending: boolean): OauthClient[] {
  const key = SORTABLE.get(sortBy.toLowerCase());
  if (key === undefined) throw new ScimFilterError(`clients are not sorted by ${sortBy}`);
  const compare = (left: OauthClient, right: OauthClient): number =>
    key(left) < key(right) ? -1 : key(left) > key(right) ? 1 : left.clientId < right.clientId ? -1 : 1;
  const sorted = clients.toSorted(compare);
  return ascending ? sorted : sorted.reverse();
}

function valuesOf(client: OauthClient, attribute: string): readonly string[] {
  switch (attribute) {
    case "client_id":
    case "clientid":
    case "id":
      return [client.clientId];
    case "scope":
      return client.scope;
    case "authorities":
      return client.authorities;
    case "authorized_grant_types":
      return client.grantTypes;
    case "name":
      return typeof client.additional["name"] === "string" ? [client.additional["name"]] : [];
    case "lastmodified":
      return [new Date(client.lastModifiedMs).toISOString()];
    default:
      throw new ScimFilterError(`clients have no ${attribute}`);
  }
}
