import { type Command, value } from "../command.ts";
import type { Org } from "../resources.ts";

export const command: Command = {
  usage: `cf orgs [--labels SELECTOR]

EXAMPLES:
   cf orgs
   cf orgs --labels 'environment in (production,staging),tier in (backend)'
   cf orgs --labels 'env=dev,!chargeback-code,tier in (backend,worker)'`,
  flags: [value("--labels", "Selector to filter orgs by labels")],
  related: "create-org, org, org-users, set-org-role",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting orgs as ${user.name}...`;
    cli.ui.text();
    const query = { order_by: "name", label_selector: input.text("labels") };
    const { resources } = await cli.cc.list<Org>("/v3/organizations", query);
    if (resources.length === 0) cli.ui.text("No orgs found.");
    else cli.ui.table([["name"], ...resources.map(({ name }) => [name])]);
  },
};
