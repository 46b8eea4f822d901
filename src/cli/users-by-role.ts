import type { Cli } from "./cli.ts";
import type { Query } from "./cloud-controller.ts";
import type { Role, User } from "./resources.ts";

/** Users of an org or a space by role type, sorted as the official command line does. cli: actor/v7action/user.go */
export async function usersByRole(cli: Cli, query: Query): Promise<Map<string, User[]>> {
  const { resources, included } = await cli.cc.list<Role>("/v3/roles", { ...query, include: "user" });
  const users = new Map((included["users"] ?? []).map((user) => [String(user["guid"]), user as unknown as User]));
  const byRole = new Map<string, User[]>();
  for (const role of resources) {
    const user = users.get(role.relationships.user.data?.guid ?? "");
    if (user !== undefined) byRole.set(role.type, [...(byRole.get(role.type) ?? []), user]);
  }
  for (const members of byRole.values()) members.sort(compareUsers);
  return byRole;
}

export function showRole({ ui }: Cli, label: string, users: readonly User[]): void {
  ui.header(label);
  for (const user of users) ui.text(`  ${user.presentation_name} (${originOf(user)})`);
  if (users.length === 0) ui.text(`  No ${label} found`);
  ui.text();
}

function originOf(user: User): string {
  return user.origin === null || user.origin === "" ? "client" : user.origin;
}

function compareUsers(left: User, right: User): number {
  if (left.presentation_name !== right.presentation_name) {
    return left.presentation_name < right.presentation_name ? -1 : 1;
  }
  const rank = (user: User): number => (user.origin === "uaa" ? 0 : originOf(user) === "client" ? 2 : 1);
  return rank(left) - rank(right) || (originOf(left) < originOf(right) ? -1 : 1);
}
