import { includedNames } from "../cloud-controller.ts";
import { type Command, flag, value } from "../command.ts";
import { argumentsCannotCombine } from "../errors.ts";
import type { Resource, ToOne } from "../resources.ts";

interface Plan extends Resource {
  readonly description?: string | null;
  readonly free: boolean;
  readonly available: boolean;
  readonly costs?: readonly { readonly currency: string; readonly amount: number; readonly unit: string }[];
  readonly relationships: { readonly service_offering: ToOne };
}

export const command: Command = {
  usage: "cf marketplace [-e SERVICE_OFFERING] [-b SERVICE_BROKER] [--no-plans]",
  flags: [
    value("-e", "Show plan details for a particular service offering"),
    value("-b", "Only show details for a particular service broker"),
    flag("--no-plans", "Hide plan information for service offerings"),
    flag("--show-unavailable", "Show plans that are not available for use"),
  ],
  related: "create-service, services",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const offeringName = input.text("e");
    const brokerName = input.text("b");
    const all = input.has("show-unavailable");
    if (offeringName !== undefined && input.has("no-plans")) throw argumentsCannotCombine("--no-plans", "-e");
    // A platform may show its marketplace to everybody. cli: command/v7/marketplace_command.go
    const { Target, AccessToken, RefreshToken } = cli.config.values;
    const isLoggedOut = Target !== "" && AccessToken === "" && RefreshToken === "";
    const user = isLoggedOut ? null : cli.requireTarget("space");
    let what = "Getting all service offerings from marketplace";
    if (offeringName !== undefined)
      what = `Getting service plan information for service offering ${ui.bright(offeringName)}`;
    if (brokerName !== undefined) {
      what += `${offeringName === undefined ? " for" : " from"} service broker ${ui.bright(brokerName)}`;
    }
    const where =
      user === null ? "" : ` in org ${ui.bright(org.name)} / space ${ui.bright(space.name)} as ${ui.bright(user.name)}`;
    ui.text(`${what}${where}...`);
    const { resources: plans, included } = await cc.list<Plan>("/v3/service_plans", {
      include: "service_offering",
      ...(user === null ? {} : { space_guids: space.guid }),
      "fields[service_offering.service_broker]": ["name", "guid"],
      ...(offeringName === undefined ? {} : { service_offering_names: [offeringName] }),
      ...(brokerName === undefined ? {} : { service_broker_names: [brokerName] }),
      ...(all ? {} : { available: "true" }),
    });
    const brokerOf = includedNames(included, "service_brokers");
    // In the order of their plans, as the official one has them.
    const byOffering = Map.groupBy(plans, (plan) => plan.relationships.service_offering.data?.guid ?? "");
    const offerings = [...byOffering].map(([guid, own]) => {
      const offering = included["service_offerings"]?.find((one) => one["guid"] === guid);
      const relationships = offering?.["relationships"] as { service_broker?: ToOne } | undefined;
      return {
        name: String(offering?.["name"] ?? ""),
        description: String(offering?.["description"] ?? ""),
        broker: brokerOf(relationships?.service_broker),
        plans: own,
      };
    });
    ui.text();
    if (offerings.length === 0) {
      ui.text("No service offerings found.");
      return;
    }
    if (offeringName === undefined) {
      const withPlans = !input.has("no-plans");
      const rows = offerings.map(({ name, description, broker, plans: own }) => [
        name,
        ...(withPlans ? [own.map((plan) => plan.name).join(", ")] : []),
        description,
        broker,
      ]);
      ui.table([["offering", ...(withPlans ? ["plans"] : []), "description", "broker"], ...rows]);
      ui.text();
      ui.text(
        "TIP: Use 'cf marketplace -e SERVICE_OFFERING' to view descriptions of individual plans of a given service offering.",
      );
      return;
    }
    for (const [index, { broker, plans: own }] of offerings.entries()) {
      if (index > 0) ui.text();
      ui.flavor`broker: ${broker}`;
      const rows = own.map((plan) => [
        plan.name,
        plan.description ?? "",
        plan.free ? "free" : "paid",
        (plan.costs ?? []).map((cost) => `${cost.currency} ${cost.amount.toFixed(2)}/${cost.unit}`).join(", "),
        ...(all ? [plan.available ? "yes" : "no"] : []),
      ]);
      ui.table([["plan", "description", "free or paid", "costs", ...(all ? ["available"] : [])], ...rows], "   ");
    }
  },
};
