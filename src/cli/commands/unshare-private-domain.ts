import type { Command } from "../command.ts";

export const command: Command = {
  usage: "cf unshare-private-domain ORG DOMAIN",
  args: [{ name: "ORG" }, { name: "DOMAIN" }],
  related: "delete-private-domain, domains",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const [orgName, name] = [input.arg(0), input.arg(1)];
    ui.flavor`Warning: org ${orgName} will no longer be able to access private domain ${name}`;
    if (!(await cli.ask.yesNo(`Really unshare private domain ${name}?`))) {
      ui.flavor`Domain ${name} has not been unshared from organization ${orgName}`;
      return;
    }
    ui.flavor`Unsharing domain ${name} from org ${orgName} as ${user.name}...`;
    const org = await cli.orgByName(orgName);
    const domain = await cli.domainByName(name);
    await cc.send("DELETE", `/v3/domains/${domain.guid}/relationships/shared_organizations/${org.guid}`);
    ui.ok();
  },
};
