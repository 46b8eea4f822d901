import { type Command, value } from "../command.ts";
import { isPolicyDomain, type PolicyDomain } from "../policy-domains.ts";

export const command: Command = {
  usage: `cf domains [--labels SELECTOR]

EXAMPLES:
   cf domains
   cf domains --labels 'env=dev,!chargeback-code,tier in (backend,worker)'`,
  flags: [value("--labels", "Selector to filter domains by labels")],
  related: "create-private-domain, create-route, create-shared-domain, routes, set-label",
  run: async (cli, input) => {
    const { ui, cc, org } = cli;
    const user = cli.requireTarget("org");
    ui.flavor`Getting domains in org ${org.name} as ${user.name}...\n`;
    const query = { label_selector: input.text("labels") };
    const { resources } = await cc.list<PolicyDomain>(`/v3/organizations/${org.guid}/domains`, query);
    if (resources.length === 0) {
      ui.text("No domains found.");
      return;
    }
    const rows = resources
      .toSorted((left, right) => left.name.toLowerCase().localeCompare(right.name.toLowerCase()))
      .map((domain) => [
        domain.name,
        domain.relationships.organization.data === null ? "shared" : "private",
        domain.internal ? "true" : "",
        domain.supported_protocols.join(","),
        routePolicies(domain),
      ]);
    ui.table([["name", "availability", "internal", "protocols", "route policies"], ...rows]);
  },
};

function routePolicies(domain: PolicyDomain): string {
  if (!isPolicyDomain(domain)) return "";
  const scope = domain.route_policies_scope ?? "";
  return scope === "" ? "enforced" : `enforced (${scope})`;
}
