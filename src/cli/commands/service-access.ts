import type { Cli } from "../cli.ts";
import type { Listing } from "../cloud-controller.ts";
import { type Command, value } from "../command.ts";
import type { ToOne } from "../resources.ts";
import { offeringNotFound, serviceOfferings } from "../service-offerings.ts";
import type { ServicePlan } from "../service-plans.ts";
import { compareText } from "../text-order.ts";

const ACCESS = { public: "all", admin: "none", organization: "limited", space: "limited" } as const;

export const command: Command = {
  usage: "cf service-access [-b BROKER] [-e SERVICE] [-o ORG]",
  flags: [
    value("-b", "Access for plans of a particular broker"),
    value("-e", "Access for plans of a particular service offering"),
    value("-o", "Plans accessible by a particular organization"),
  ],
  related: "disable-service-access, enable-service-access, marketplace, service-brokers",
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("login");
    const names = { broker: input.text("b") ?? "", offering: input.text("e") ?? "", org: input.text("o") ?? "" };
    const of = [
      names.broker === "" ? "" : `broker ${ui.bright(names.broker)}`,
      names.offering === "" ? "" : `service offering ${ui.bright(names.offering)}`,
      names.org === "" ? "" : `organization ${ui.bright(names.org)}`,
    ].filter((part) => part !== "");
    ui.text(`Getting service access${of.length === 0 ? "" : ` for ${of.join(" and ")}`} as ${ui.bright(user.name)}...`);
    ui.text();
    const access = await planAccess(cli, names);
    if (access.length === 0) {
      ui.text("No service plans found.");
      return;
    }
    for (const [index, [broker, plans]] of [...Map.groupBy(access, (plan) => plan.broker)].entries()) {
      if (index > 0) ui.text();
      ui.text(`broker: ${broker}`);
      const last = plans[0]?.type === "space" ? "space" : "orgs";
      const rows = plans.map(({ offering, plan, type, who }) => [offering, plan, ACCESS[type], who]);
      ui.table([["offering", "plan", "access", last], ...rows], "   ");
    }
  },
};

interface PlanAccess {
  readonly broker: string;
  readonly offering: string;
  readonly plan: string;
  readonly type: ServicePlan["visibility_type"];
  readonly who: string;
}

/** By broker, offering and plan. cli: actor/v7action/service_access.go */
async function planAccess(
  cli: Cli,
  names: { readonly broker: string; readonly offering: string; readonly org: string },
): Promise<PlanAccess[]> {
  const { broker, offering, org } = names;
  const orgGuid = org === "" ? undefined : (await cli.orgByName(org)).guid;
  const { offerings, brokerName } = await serviceOfferings(cli, offering, broker);
  if (offerings.length === 0 && (offering !== "" || broker !== "")) throw offeringNotFound(offering, broker);
  const { resources: plans, included } = await cli.cc.list<ServicePlan>("/v3/service_plans", {
    ...(offering === "" ? {} : { service_offering_names: [offering] }),
    ...(broker === "" ? {} : { service_broker_names: [broker] }),
    organization_guids: orgGuid,
    include: "space.organization",
  });
  const access: PlanAccess[] = [];
  for (const plan of plans) {
    const owner = offerings.find(({ guid }) => guid === plan.relationships.service_offering.data?.guid);
    if (owner === undefined) continue;
    const who = await whoSees(cli, plan, included);
    const type = plan.visibility_type;
    access.push({ broker: brokerName(owner), offering: owner.name, plan: plan.name, type, who });
  }
  return access.sort(
    (left, right) =>
      compareText(left.broker, right.broker) ||
      compareText(left.offering, right.offering) ||
      compareText(left.plan, right.plan),
  );
}

/** The orgs or the space that a plan is for; empty when it is for all or for nobody. */
async function whoSees({ cc }: Cli, plan: ServicePlan, included: Listing<never>["included"]): Promise<string> {
  if (plan.visibility_type === "organization") {
    const { organizations } = await cc.get<{ readonly organizations?: readonly { readonly name: string }[] }>(
      `/v3/service_plans/${plan.guid}/visibility`,
    );
    return (organizations ?? []).map(({ name }) => name).join(",");
  }
  if (plan.visibility_type !== "space") return "";
  const space = included["spaces"]?.find((one) => one["guid"] === plan.relationships.space?.data?.guid);
  const to = (space?.["relationships"] as { readonly organization?: ToOne } | undefined)?.organization;
  const org = included["organizations"]?.find((one) => one["guid"] === to?.data?.guid);
  return `${String(space?.["name"] ?? "")} (org: ${String(org?.["name"] ?? "")})`;
}
