import { type Command, flag, value } from "../command.ts";
import { DOMAIN_POLICY_FLAGS, domainPolicy, domainTip } from "../policy-domains.ts";
import { routerGroupByName } from "../router-groups.ts";

export const command: Command = {
  usage:
    "cf create-shared-domain DOMAIN [--router-group ROUTER_GROUP_NAME | --internal] [--enforce-route-policies [--scope (any|org|space)]]",
  args: [{ name: "DOMAIN" }],
  flags: [
    value("--router-group", "Routes for this domain will use routers in the specified router group"),
    flag("--internal", "Applications that use internal routes communicate directly on the container network"),
    ...DOMAIN_POLICY_FLAGS,
  ],
  related: "add-route-policy, create-private-domain, domains, route-policies",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    const policy = domainPolicy(input);
    ui.flavor`Creating shared domain ${name} as ${user.name}...`;
    const groupName = input.text("router-group") ?? "";
    const group = groupName === "" ? undefined : await routerGroupByName(cli, groupName);
    await cc.post("/v3/domains", {
      name,
      internal: input.has("internal"),
      ...(group === undefined ? {} : { router_group: { guid: group.guid } }),
      ...policy,
    });
    ui.ok();
    const other = "shared with all orgs. Run 'cf domains' to view available domains.";
    ui.text(domainTip(name, "shared", policy.enforce_route_policies === true, other));
  },
};
