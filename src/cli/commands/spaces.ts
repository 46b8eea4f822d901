import { type Command, value } from "../command.ts";
import type { Space } from "../resources.ts";

export const command: Command = {
  usage: `cf spaces [--labels SELECTOR]

EXAMPLES:
   cf spaces
   cf spaces --labels 'environment in (production,staging),tier in (backend)'
   cf spaces --labels 'env=dev,!chargeback-code,tier in (backend,worker)'`,
  flags: [value("--labels", "Selector to filter spaces by labels")],
  related: "create-space, set-space-role, space, space-users",
  run: async (cli, input) => {
    const user = cli.requireTarget("org");
    cli.ui.flavor`Getting spaces in org ${cli.org.name} as ${user.name}...`;
    cli.ui.text();
    const query = { organization_guids: cli.org.guid, order_by: "name", label_selector: input.text("labels") };
    const { resources } = await cli.cc.list<Space>("/v3/spaces", query);
    if (resources.length === 0) cli.ui.text("No spaces found.");
    else cli.ui.table([["name"], ...resources.map(({ name }) => [name])]);
  },
};
