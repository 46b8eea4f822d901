import type { Selectable } from "kysely";
import type { UaaUser } from "../../../../identity/uaa/client.ts";
import type { CcApi } from "../../api/api.ts";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import { type Metadata, metadataOf } from "../../metadata.ts";
import type { UsersTable } from "../../store/schema.ts";
import { uaaUsers } from "./names.ts";

export type User = Selectable<UsersTable>;

/** CC: presenters/v3/user_presenter.rb */
export function presentUser(user: User, uaaUser: UaaUser | undefined, metadata: Metadata, links: Links): object {
  return {
    guid: user.guid,
    created_at: presentTime(user.created_at),
    updated_at: presentTime(user.updated_at),
    username: uaaUser?.userName ?? null,
    presentation_name: uaaUser?.userName ?? user.guid,
    origin: uaaUser?.origin ?? null,
    metadata,
    links: { self: links.to(`/v3/users/${encodeURIComponent(user.guid)}`) },
  };
}

export async function presentUsers(api: CcApi, users: readonly User[]): Promise<object[]> {
  const guids = users.map(({ guid }) => guid);
  const metadata = await metadataOf(api.db, "user", guids);
  const named = await uaaUsers(api, guids);
  return users.map((user) => presentUser(user, named.get(user.guid), metadata(user.guid), api.links));
}

/** For `included.users`. */
export async function includedUsers(api: CcApi, guids: readonly string[]): Promise<object[]> {
  if (guids.length === 0) return [];
  const rows = await api.db
    .selectFrom("users")
    .where("guid", "in", [...new Set(guids)])
    .orderBy("created_at")
    .orderBy("guid")
    .selectAll()
    .execute();
  return presentUsers(api, rows);
}
