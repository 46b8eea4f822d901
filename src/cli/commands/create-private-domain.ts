import { CcFailure } from "../cloud-controller.ts";
import type { Command } from "../command.ts";
import { DOMAIN_POLICY_FLAGS, domainPolicy, domainTip } from "../policy-domains.ts";

export const command: Command = {
  usage: "cf create-private-domain ORG DOMAIN [--enforce-route-policies [--scope (any|org|space)]]",
  args: [{ name: "ORG" }, { name: "DOMAIN" }],
  flags: DOMAIN_POLICY_FLAGS,
  related: "add-route-policy, create-shared-domain, domains, route-policies, share-private-domain",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const [orgName, name] = [input.arg(0), input.arg(1)];
    const policy = domainPolicy(input);
    ui.flavor`Creating private domain ${name} for org ${orgName} as ${user.name}...`;
    const { guid } = await cli.orgByName(orgName);
    try {
      await cc.post("/v3/domains", { name, ...policy, relationships: { organization: { data: { guid } } } });
    } catch (error) {
      const isTaken = error instanceof CcFailure && error.message === `The domain name "${name}" is already in use`;
      if (!isTaken) throw error;
      ui.warn(error.message);
      ui.ok();
      return;
    }
    ui.ok();
    const other = "a private domain. Run 'cf share-private-domain' to share this domain with a different org.";
    ui.text(domainTip(name, "private", policy.enforce_route_policies === true, other));
  },
};
