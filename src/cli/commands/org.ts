import { type Command, flag } from "../command.ts";
import type { Domain, Resource, Space, ToOne } from "../resources.ts";

export const command: Command = {
  usage: "cf org ORG [--guid]",
  args: [{ name: "ORG" }],
  flags: [flag("--guid", "Retrieve and display the given org's guid.  All other output for the org is suppressed.")],
  related: "org-users, orgs",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    if (input.has("guid")) {
      ui.text((await cli.orgByName(name)).guid);
      return;
    }
    ui.flavor`Getting info for org ${name} as ${user.name}...`;
    ui.text();
    const org = await cli.orgByName(name);
    const quotaGuid = org.relationships?.quota?.data?.guid;
    const [domains, spaces, quota, segments, standard] = await Promise.all([
      cc.list<Domain>(`/v3/organizations/${org.guid}/domains`),
      cc.list<Space>("/v3/spaces", { organization_guids: org.guid }),
      quotaGuid === undefined ? null : cc.get<Resource>(`/v3/organization_quotas/${quotaGuid}`),
      cc.list<Resource>("/v3/isolation_segments", { organization_guids: org.guid }),
      cc.get<ToOne>(`/v3/organizations/${org.guid}/relationships/default_isolation_segment`),
    ]);
    const segmentNames = segments.resources.map(({ guid, name: segment }) =>
      guid === standard.data?.guid ? `${segment} (default)` : segment,
    );
    ui.keyValues([
      ["name:", org.name],
      ["domains:", names(domains.resources)],
      ["quota:", quota?.name ?? ""],
      ["spaces:", names(spaces.resources)],
      ["isolation segments:", segmentNames.sort().join(", ")],
    ]);
  },
};

function names(resources: readonly Resource[]): string {
  return resources
    .map(({ name }) => name)
    .sort()
    .join(", ");
}
