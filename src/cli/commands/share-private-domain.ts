import type { Command } from "../command.ts";

export const command: Command = {
  usage: "cf share-private-domain ORG DOMAIN",
  args: [{ name: "ORG" }, { name: "DOMAIN" }],
  related: "create-private-domain, domains, unshare-private-domain",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const [orgName, name] = [input.arg(0), input.arg(1)];
    ui.flavor`Sharing domain ${name} with org ${orgName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    const domain = await cli.domainByName(name);
    const path = `/v3/domains/${domain.guid}/relationships/shared_organizations`;
    await cc.post(path, { data: [{ guid: org.guid }] });
    ui.ok();
  },
};
