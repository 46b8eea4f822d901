import { readFile } from "node:fs/promises";
import type { Cli } from "./cli.ts";
import { includedNames } from "./cloud-controller.ts";
import { CliError, fileErrorText, isNotFound, notFound } from "./errors.ts";
import { existing } from "./flag-values.ts";
import type { Resource, Space } from "./resources.ts";

export type Lifecycle = "running" | "staging";
export const LIFECYCLES: readonly Lifecycle[] = ["running", "staging"];

export const SECURITY_GROUP_TIP =
  "TIP: If Dynamic ASG's are enabled, changes will automatically apply for running and staging applications. Otherwise, changes will require an app restart (for running) or restage (for staging) to apply to existing applications.";

/** What a rules file must look like. */
export const RULES_FILE_HELP = `The provided path can be an absolute or relative path to a file. The file should have
a single array with JSON objects inside describing the rules. The JSON Base Object is
omitted and only the square brackets and associated child object are required in the file.

Valid json file example:
[
  {
    "protocol": "tcp",
    "destination": "10.0.11.0/24",
    "ports": "80,443",
    "description": "Allow http and https traffic from ZoneA"
  }
]`;

/** Fields of a rule in the order in which they are shown. */
const RULE_FIELDS = ["protocol", "destination", "ports", "type", "code", "description", "log"] as const;

export type Rule = Readonly<Partial<Record<(typeof RULE_FIELDS)[number], unknown>>>;

interface ToMany {
  readonly data: readonly { readonly guid: string }[];
}

export interface SecurityGroup extends Resource {
  readonly rules: readonly Rule[];
  readonly globally_enabled: Readonly<Record<Lifecycle, boolean>>;
  readonly relationships: Readonly<Record<`${Lifecycle}_spaces`, ToMany>>;
}

/** A space that a group is bound to. */
export interface BoundSpace {
  readonly org: string;
  readonly space: string;
  readonly lifecycle: Lifecycle;
}

/** Throws `NotFound`. */
export async function securityGroupByName({ cc }: Cli, name: string): Promise<SecurityGroup> {
  const group = await cc.first<SecurityGroup>("/v3/security_groups", { names: [name] });
  if (group === null) throw notFound("Security group", name);
  return group;
}

/** The spaces of several groups, those for running first. cli: actor/v7action/security_group.go */
export async function boundSpaces(
  { cc }: Cli,
  groups: readonly SecurityGroup[],
): Promise<(group: SecurityGroup) => BoundSpace[]> {
  const guids = groups.flatMap(({ relationships }) =>
    LIFECYCLES.flatMap((lifecycle) => relationships[`${lifecycle}_spaces`].data.map(({ guid }) => guid)),
  );
  const query = { include: "organization" };
  const { resources, included } = await cc.listBy<Space>("/v3/spaces", "guids", guids, query);
  const spaces = new Map(resources.map((space) => [space.guid, space]));
  const orgOf = includedNames(included, "organizations");
  return ({ relationships }) =>
    LIFECYCLES.flatMap((lifecycle) =>
      relationships[`${lifecycle}_spaces`].data.map(({ guid }) => {
        const space = spaces.get(guid);
        return { org: orgOf(space?.relationships.organization), space: space?.name ?? "", lifecycle };
      }),
    );
}

/** A rule with its known fields in their usual order; what is not set is left out. */
export function plainRule(rule: Rule): Rule {
  return Object.fromEntries(
    RULE_FIELDS.filter((field) => rule[field] !== undefined && rule[field] !== null).map((field) => [
      field,
      rule[field],
    ]),
  );
}

/** The rules of a file. Throws `UsageError` when it is not there, `CliError` when it is no JSON array of objects. */
export async function readRules({ deps }: Cli, given: string): Promise<Rule[]> {
  const path = await existing(deps.cwd, given);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new CliError(fileErrorText(error));
  });
  let rules: unknown;
  try {
    rules = JSON.parse(text);
  } catch {
    rules = null;
  }
  if (
    Array.isArray(rules) &&
    rules.every((rule) => typeof rule === "object" && rule !== null && !Array.isArray(rule))
  ) {
    return rules.map((rule: Rule) => plainRule(rule));
  }
  throw new CliError(
    `Incorrect json format: ${path}

Valid json file example:
[
  {
    "protocol": "tcp",
    "destination": "10.244.1.18",
    "ports": "3306"
  }
]
`,
  );
}

/** Whether a group is for all spaces, for one kind of containers. Throws `NotFound`. */
async function setGlobally(cli: Cli, name: string, lifecycle: Lifecycle, enabled: boolean): Promise<void> {
  const group = await securityGroupByName(cli, name);
  await cli.cc.patch(`/v3/security_groups/${group.guid}`, { globally_enabled: { [lifecycle]: enabled } });
}

/** The whole of bind-running-security-group and bind-staging-security-group. */
export async function bindGlobally(cli: Cli, name: string, lifecycle: Lifecycle): Promise<void> {
  const user = cli.requireTarget("login");
  cli.ui.flavor`Binding security group ${name} to ${lifecycle} as ${user.name}...`;
  await setGlobally(cli, name, lifecycle, true);
  cli.ui.ok();
  cli.ui.text(SECURITY_GROUP_TIP);
}

/** The whole of unbind-running-security-group and unbind-staging-security-group. */
export async function unbindGlobally(cli: Cli, name: string, lifecycle: Lifecycle): Promise<void> {
  const user = cli.requireTarget("login");
  cli.ui.flavor`Unbinding security group ${name} from defaults for ${lifecycle} as ${user.name}...`;
  try {
    await setGlobally(cli, name, lifecycle, false);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    cli.ui.warn(error.message);
    cli.ui.ok();
    return;
  }
  cli.ui.ok();
  cli.ui.text(SECURITY_GROUP_TIP);
}

/** The table of those that are for all spaces. */
export async function showGlobalGroups({ ui, cc }: Cli, lifecycle: Lifecycle): Promise<void> {
  const query = { [`globally_enabled_${lifecycle}`]: "true" };
  const { resources } = await cc.list<SecurityGroup>("/v3/security_groups", query);
  if (resources.length === 0) ui.text(`No global ${lifecycle} security groups found.`);
  else ui.table([["name"], ...resources.map(({ name }) => [name])]);
}
