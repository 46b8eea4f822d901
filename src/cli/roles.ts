import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { CcFailure, isMissing } from "./cloud-controller.ts";
import { type Command, flag, value } from "./command.ts";
import { argumentsCannotCombine, CliError, orNull, UsageError } from "./errors.ts";
import type { Role, User } from "./resources.ts";

/** Whose role: a user name (with the origin, if several have it) or a client id. */
export interface RoleHolder {
  readonly name: string;
  readonly origin: string;
  readonly isClient: boolean;
}

export function roleFlags(aboutClient: string): NonNullable<Command["flags"]> {
  return [
    flag("--client", aboutClient),
    value("--origin", "Indicates the identity provider to be used for authentication"),
  ];
}

const ORG_ROLES: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["orgmanager", ["OrgManager", "organization_manager"]],
  ["billingmanager", ["BillingManager", "organization_billing_manager"]],
  ["orgauditor", ["OrgAuditor", "organization_auditor"]],
]);
const SPACE_ROLES: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["spacemanager", ["SpaceManager", "space_manager"]],
  ["spacedeveloper", ["SpaceDeveloper", "space_developer"]],
  ["spaceauditor", ["SpaceAuditor", "space_auditor"]],
  ["spacesupporter", ["SpaceSupporter", "space_supporter"]],
]);

/** The role's name as shown and its type in the API. Throws `UsageError`. */
export function orgRole(word: string): readonly [string, string] {
  const role = ORG_ROLES.get(word.toLowerCase());
  if (role === undefined) {
    throw new UsageError('Incorrect Usage: ROLE must be "OrgManager", "BillingManager" and "OrgAuditor"');
  }
  return role;
}

export function spaceRole(word: string): readonly [string, string] {
  const role = SPACE_ROLES.get(word.toLowerCase());
  if (role === undefined) {
    throw new UsageError(
      'Incorrect Usage: ROLE must be "SpaceManager", "SpaceDeveloper", "SpaceAuditor" or "SpaceSupporter"',
    );
  }
  return role;
}

export function roleHolder(input: Input): RoleHolder {
  if (input.has("client") && input.has("origin")) throw argumentsCannotCombine("--client", "--origin");
  return { name: input.arg(0), origin: input.text("origin") ?? "", isClient: input.has("client") };
}

/** False when the user had the role already. */
export async function giveOrgRole(cli: Cli, type: string, orgGuid: string, holder: RoleHolder): Promise<boolean> {
  return await create(cli, type, { organization: { data: { guid: orgGuid } } }, holder);
}

/** Makes the user one of the org first, which the API asks for. False when the user had the role already. */
export async function giveSpaceRole(
  cli: Cli,
  type: string,
  orgGuid: string,
  spaceGuid: string,
  holder: RoleHolder,
): Promise<boolean> {
  try {
    await giveOrgRole(cli, "organization_user", orgGuid, holder);
  } catch (error) {
    // A space manager may not add users to the org, but the user may be in it.
    if (!(error instanceof CcFailure) || error.status !== 403) throw error;
  }
  return await create(cli, type, { space: { data: { guid: spaceGuid } } }, holder);
}

async function create(cli: Cli, type: string, where: Record<string, unknown>, holder: RoleHolder): Promise<boolean> {
  const { name, origin, isClient } = holder;
  if (isClient && !(await cli.uaa.hasClient(name))) throw noSuchUser(holder);
  const user = isClient ? { guid: name } : { username: name, ...(origin === "" ? {} : { origin }) };
  try {
    await cli.cc.post("/v3/roles", { type, relationships: { user: { data: user }, ...where } });
    return true;
  } catch (error) {
    if (error instanceof CcFailure && /^User '.*' already has '.*' role/s.test(error.message)) return false;
    throw error;
  }
}

/** Nothing happens when the user does not have the role. Throws `CliError` when there is no such user, or several. */
export async function takeRole(
  cli: Cli,
  type: string,
  where: { readonly organization_guids: string } | { readonly space_guids: string },
  holder: RoleHolder,
): Promise<void> {
  const userGuid = await holderGuid(cli, holder);
  const { resources } = await cli.cc.list<Role>("/v3/roles", { types: type, user_guids: userGuid, ...where });
  for (const role of resources) await cli.cc.delete(`/v3/roles/${role.guid}`);
}

async function holderGuid({ cc }: Cli, holder: RoleHolder): Promise<string> {
  const { name, origin, isClient } = holder;
  if (isClient) {
    const client = await orNull(cc.get<User>(`/v3/users/${encodeURIComponent(name)}`), isMissing);
    if (client === null) throw noSuchUser(holder);
    return client.guid;
  }
  const query = { usernames: [name], origins: origin === "" ? undefined : origin };
  const [user, ...others] = (await cc.list<User>("/v3/users", query)).resources;
  if (user === undefined) throw noSuchUser(holder);
  if (others.length === 0) return user.guid;
  const origins = [user, ...others].map((found) => found.origin).sort();
  throw new CliError(
    `Ambiguous user. User with username '${name}' exists in the following origins: ${origins.join(", ")}. Specify an origin to disambiguate.`,
  );
}

/** cli: actor/actionerror/user_not_found.go */
function noSuchUser({ name, origin }: RoleHolder): CliError {
  return new CliError(`User '${name}'${origin === "" ? "" : ` with origin '${origin}'`} does not exist.`);
}
