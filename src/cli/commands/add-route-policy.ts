import type { Command } from "../command.ts";
import { CliError } from "../errors.ts";
import { isPolicyDomain } from "../policy-domains.ts";
import { POLICY_FLAGS, POLICY_SYNOPSIS, policyRoute, policySource, requireOneSource } from "../route-policy-source.ts";

export const command: Command = {
  usage: `cf add-route-policy ${POLICY_SYNOPSIS}

ALLOW ACCESS TO A ROUTE:
   Create a route policy that allows specific apps, spaces, or orgs to access a route using mTLS authentication.

EXAMPLES:
   # Allow the "frontend-app" (in current space) to access the backend route
   cf add-route-policy apps.identity --source-app frontend-app --hostname backend

   # Allow all apps in the "monitoring" space to access the API metrics endpoint
   cf add-route-policy apps.identity --source-space monitoring --hostname api --path /metrics

   # Allow all apps in the "platform" org to access the route
   cf add-route-policy apps.identity --source-org platform --hostname shared-api

   # Allow any authenticated app to access the public API
   cf add-route-policy apps.identity --source-any --hostname public-api`,
  args: [{ name: "DOMAIN" }],
  flags: POLICY_FLAGS,
  related: "create-shared-domain, remove-route-policy, route-policies",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    requireOneSource(input);
    const user = cli.requireTarget("space");
    const { source, shown } = await policySource(cli, input);
    const domainName = input.arg(0);
    ui.flavor`Adding route policy for route ${input.text("hostname") ?? ""}.${domainName}${input.text("path") ?? ""} as ${user.name}...`;
    ui.text(`  ${shown}`);
    ui.text(`  source: ${source}`);
    const domain = await cli.domainByName(domainName);
    if (!isPolicyDomain(domain)) {
      throw new CliError(`Domain '${domainName}' does not have route policy enforcement enabled.`);
    }
    const { guid } = await policyRoute(cli, domainName, domain.guid, input);
    await cc.post("/v3/route_policies", { source, relationships: { route: { data: { guid } } } });
    ui.ok();
  },
};
