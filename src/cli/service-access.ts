import type { Input } from "./args.ts";
import type { Cli } from "./cli.ts";
import { type Command, value } from "./command.ts";
import { CliError } from "./errors.ts";
import { serviceOfferingByName } from "./service-offerings.ts";
import { planNotFound, type ServicePlan } from "./service-plans.ts";

/** Who may see plans: what enable-service-access and disable-service-access are asked to change. */
export interface AccessChange {
  readonly offering: string;
  readonly broker: string;
  readonly plan: string;
  /** Empty: all orgs. */
  readonly org: string;
}

export function accessFlags(verb: "Enable" | "Disable"): NonNullable<Command["flags"]> {
  return [
    value(
      "-b",
      `${verb} access to a service offering from a particular service broker. Required when service offering name is ambiguous`,
    ),
    value("-o", `${verb} access for a specified organization`),
    value("-p", `${verb} access to a specified service plan`),
  ];
}

export function accessChange(input: Input): AccessChange {
  const given = (flag: string): string => input.text(flag) ?? "";
  return { offering: input.arg(0), broker: given("b"), plan: given("p"), org: given("o") };
}

/** The first line. cli: command/v7/enable_service_access_command.go */
export function sayAccessChange(cli: Cli, verb: string, userName: string, change: AccessChange): void {
  const { offering, broker, plan, org } = change;
  const bright = (value: string): string => cli.ui.bright(value);
  const plans = plan === "" ? "all plans" : `plan ${bright(plan)}`;
  const from = broker === "" ? "" : ` from broker ${bright(broker)}`;
  const who = org === "" ? "for all orgs" : `for org ${bright(org)}`;
  cli.ui.text(
    `${verb} access to ${plans} of service offering ${bright(offering)}${from} ${who} as ${bright(userName)}...`,
  );
}

/** Throws `NotFound`, and for plans of a broker that belongs to one space. */
export async function plansToChange(cli: Cli, change: AccessChange): Promise<readonly ServicePlan[]> {
  const { offering, broker, plan } = change;
  const { guid } = await serviceOfferingByName(cli, offering, broker);
  const query = { service_offering_guids: guid, ...(plan === "" ? {} : { names: [plan] }) };
  const { resources } = await cli.cc.list<ServicePlan>("/v3/service_plans", query);
  const [first] = resources;
  if (first === undefined) throw planNotFound({ plan, offering, broker: "" });
  if (first.visibility_type === "space") {
    throw new CliError("You cannot change access for space-scoped service plans.");
  }
  return resources;
}

/** Names the plans that were left alone. */
export function saySkipped({ ui }: Cli, visibility: "all" | "none", plans: readonly ServicePlan[]): void {
  if (plans.length === 0) return;
  ui.text();
  for (const { name } of plans) ui.flavor`Did not update plan ${name} as it already has visibility ${visibility}.`;
  ui.text();
}
