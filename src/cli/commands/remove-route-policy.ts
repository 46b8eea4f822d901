import { type Command, flag } from "../command.ts";
import {
  POLICY_FLAGS,
  POLICY_SYNOPSIS,
  policiesOfRoute,
  policyNotFound,
  policyRoute,
  policySource,
  requireOneSource,
} from "../route-policy-source.ts";

export const command: Command = {
  usage: `cf remove-route-policy ${POLICY_SYNOPSIS} [-f]

EXAMPLES:
   # Remove by app name (mirrors add-route-policy)
   cf remove-route-policy apps.identity --source-app frontend-app --hostname backend

   # Remove a space-level policy
   cf remove-route-policy apps.identity --source-space monitoring --hostname api --path /metrics -f

   # Remove using raw source (advanced)
   cf remove-route-policy apps.identity --source cf:any --hostname public-api -f`,
  args: [{ name: "DOMAIN" }],
  flags: [...POLICY_FLAGS, flag("-f", "Force deletion without confirmation")],
  related: "add-route-policy, route-policies",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    requireOneSource(input);
    const user = cli.requireTarget("space");
    const { source } = await policySource(cli, input);
    const domainName = input.arg(0);
    const url = `${input.text("hostname") ?? ""}.${domainName}${input.text("path") ?? ""}`;
    const question = `Really remove route policy with source ${source} for route ${url}?`;
    if (!input.has("f") && !(await cli.ask.yesNo(question))) {
      ui.text("Route policy has not been removed.");
      return;
    }
    ui.flavor`Removing route policy for route ${url} as ${user.name}...`;
    const domain = await cli.domainByName(domainName);
    const route = await policyRoute(cli, domainName, domain.guid, input);
    const policy = (await policiesOfRoute(cli, route.guid)).find((one) => one.source === source);
    if (policy === undefined) throw policyNotFound(source);
    await cc.send("DELETE", `/v3/route_policies/${policy.guid}`);
    ui.ok();
  },
};
