import type { Selectable } from "kysely";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import type { RolesTable } from "../../store/schema.ts";

export type Role = Selectable<RolesTable>;

/** CC: presenters/v3/role_presenter.rb */
export function presentRole(role: Role, links: Links): object {
  const data = (guid: string | null) => ({ data: guid === null ? null : { guid } });
  return {
    guid: role.guid,
    created_at: presentTime(role.created_at),
    updated_at: presentTime(role.updated_at),
    type: role.type,
    relationships: {
      user: { data: { guid: role.user_guid } },
      space: data(role.space_guid),
      organization: data(role.organization_guid),
    },
    links: {
      self: links.to(`/v3/roles/${role.guid}`),
      user: links.to(`/v3/users/${encodeURIComponent(role.user_guid)}`),
      ...(role.space_guid === null
        ? { organization: links.to(`/v3/organizations/${role.organization_guid}`) }
        : { space: links.to(`/v3/spaces/${role.space_guid}`) }),
    },
  };
}
