import type { Command } from "../command.ts";
import { routerGroups } from "../router-groups.ts";

export const command: Command = {
  usage: "cf router-groups",
  related: "create-domain, domains",
  run: async (cli) => {
    const { ui } = cli;
    const user = cli.requireTarget("login");
    ui.flavor`Getting router groups as ${user.name}...`;
    ui.text();
    const groups = await routerGroups(cli);
    if (groups.length === 0) ui.text("No router groups found.");
    else ui.table([["name", "type"], ...groups.map(({ name, type }) => [name, type])]);
  },
};
