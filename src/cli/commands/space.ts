import type { Cli } from "../cli.ts";
import { type Command, flag } from "../command.ts";
import type { Resource, Space, ToOne } from "../resources.ts";
import type { Row } from "../table.ts";
import { compareText } from "../text-order.ts";

interface SecurityGroup extends Resource {
  readonly rules: readonly {
    readonly protocol: string;
    readonly destination: string;
    readonly ports?: string | null;
    readonly description?: string | null;
  }[];
}

export const command: Command = {
  usage: "cf space SPACE [--guid] [--security-group-rules]",
  args: [{ name: "SPACE" }],
  flags: [
    flag("--guid", "Retrieve and display the given space's guid.  All other output for the space is suppressed."),
    flag("--security-group-rules", "Retrieve the rules for all the security groups associated with the space."),
  ],
  related: "set-space-isolation-segment, space-quota, space-users",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    if (input.has("guid")) {
      ui.text((await cli.spaceByName(name, cli.org.guid)).guid);
      return;
    }
    ui.flavor`Getting info for space ${name} in org ${cli.org.name} as ${user.name}...`;
    ui.text();
    const space = await cli.spaceByName(name, cli.org.guid);
    const quotaGuid = space.relationships.quota?.data?.guid;
    const [apps, services, quota, segment, running, staging] = await Promise.all([
      cc.list<Resource>("/v3/apps", { space_guids: space.guid }),
      cc.list<Resource>("/v3/service_instances", { space_guids: space.guid }),
      quotaGuid === undefined ? null : cc.get<Resource>(`/v3/space_quotas/${quotaGuid}`),
      isolationSegment(cli, space),
      cc.list<SecurityGroup>(`/v3/spaces/${space.guid}/running_security_groups`),
      cc.list<SecurityGroup>(`/v3/spaces/${space.guid}/staging_security_groups`),
    ]);
    ui.keyValues([
      ["name:", space.name],
      ["org:", cli.org.name],
      ["apps:", sortedNames(apps.resources)],
      ["services:", sortedNames(services.resources)],
      ["isolation segment:", segment],
      ["quota:", quota?.name ?? ""],
      ["running security groups:", running.resources.map((group) => group.name).join(", ")],
      ["staging security groups:", staging.resources.map((group) => group.name).join(", ")],
    ]);
    if (!input.has("security-group-rules")) return;
    ui.text();
    const rows = [...ruleRows(running.resources, "running"), ...ruleRows(staging.resources, "staging")];
    rows.sort(([left = ""], [right = ""]) => compareText(left, right));
    if (rows.length === 0) ui.text("No security group rules found.");
    else ui.table([["security group", "destination", "ports", "protocol", "lifecycle", "description"], ...rows]);
  },
};

async function isolationSegment({ cc }: Cli, space: Space): Promise<string> {
  const own = await cc.get<ToOne>(`/v3/spaces/${space.guid}/relationships/isolation_segment`);
  const orgGuid = space.relationships.organization.data?.guid;
  const standard =
    own.data === null && orgGuid !== undefined
      ? await cc.get<ToOne>(`/v3/organizations/${orgGuid}/relationships/default_isolation_segment`)
      : null;
  const guid = own.data?.guid ?? standard?.data?.guid;
  if (guid === undefined) return "";
  const { name } = await cc.get<Resource>(`/v3/isolation_segments/${guid}`);
  return own.data === null ? `${name} (org default)` : name;
}

function ruleRows(groups: readonly SecurityGroup[], lifecycle: string): Row[] {
  return groups.flatMap(({ name, rules }) =>
    rules.map((rule) => [name, rule.destination, rule.ports ?? "", rule.protocol, lifecycle, rule.description ?? ""]),
  );
}

function sortedNames(resources: readonly Resource[]): string {
  return resources
    .map(({ name }) => name)
    .sort()
    .join(", ");
}
