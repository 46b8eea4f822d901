import type { Answer } from "./boot-cc.ts";
import { CALLS } from "./calls.ts";
import type { Endpoint, TableRole } from "./endpoints.ts";
import type { Things, World } from "./world.ts";

/** One role's bearer token; null: none. */
export type Token = string | null;

const PLAIN = ["cloud_controller.read", "cloud_controller.write"];
const SCOPES: Readonly<Partial<Record<TableRole, readonly string[]>>> = {
  admin: ["cloud_controller.admin", ...PLAIN],
  admin_read_only: ["cloud_controller.admin_read_only", ...PLAIN],
  global_auditor: ["cloud_controller.global_auditor", ...PLAIN],
};

/** The token of a new user who holds the role in this organization and these spaces. A space role comes with `organization_user`. */
export async function tokenOf(
  world: World,
  role: TableRole,
  organization: string,
  ...spaces: readonly string[]
): Promise<string> {
  const user = world.name(role.replaceAll("_", "-"));
  const token = await world.flow.cc.token(user, SCOPES[role] ?? PLAIN);
  if (role.startsWith("space_")) {
    await world.role(user, "organization_user", organization, "");
    for (const space of spaces) await world.role(user, role, "", space);
  } else if (role.startsWith("organization_")) await world.role(user, role, organization, "");
  return token;
}

/** The path with guids instead of names: `:guid` is one of the path's own kind. */
export function pathOf({ path }: Endpoint, things: Things): string {
  const kind = path.split("/")[2] ?? "";
  return path.replace(/:(\w+)/g, (_, name: string) => {
    if (name === "guid") return things[kind] ?? "missing";
    return things[name] ?? things[`${name}s`] ?? "missing";
  });
}

/** Asks the endpoint about these things as the table means it. */
export async function ask(world: World, endpoint: Endpoint, things: Things, token: Token): Promise<Answer> {
  const recipe = CALLS[`${endpoint.method} ${endpoint.path}`] ?? {};
  const body = recipe.body?.(things, world);
  const headers: Record<string, string> = {
    "content-type": recipe.contentType ?? "application/json",
    ...(token === null ? {} : { authorization: `bearer ${token}` }),
  };
  const path = pathOf(endpoint, things) + (recipe.query ?? "");
  return world.flow.cc.fetch(endpoint.method, path, body, headers);
}
