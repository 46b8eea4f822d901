import type { Cli } from "./cli.ts";
import { CliError, NotFound } from "./errors.ts";
import type { Resource, ToOne } from "./resources.ts";

export interface ServicePlan extends Resource {
  readonly visibility_type: "public" | "admin" | "organization" | "space";
  readonly maintenance_info?: { readonly version?: string; readonly description?: string } | null;
  readonly relationships: { readonly service_offering: ToOne; readonly space?: ToOne };
}

/** A plan's name, and what it is looked for in; empty: anywhere. */
export interface PlanName {
  readonly plan: string;
  readonly offering: string;
  readonly broker: string;
}

/** Several plans have this name. */
export class AmbiguousPlan extends CliError {}

/** Throws `NotFound`, and `AmbiguousPlan` when several have this name. cli: actor/v7action/service_plan.go */
export async function servicePlanByName(cli: Cli, name: PlanName): Promise<ServicePlan> {
  const { resources } = await cli.cc.list<ServicePlan>("/v3/service_plans", {
    names: [name.plan],
    ...(name.broker === "" ? {} : { service_broker_names: [name.broker] }),
    ...(name.offering === "" ? {} : { service_offering_names: [name.offering] }),
  });
  const [plan, another] = resources;
  if (plan === undefined) throw planNotFound(name);
  if (another !== undefined) throw new AmbiguousPlan(ambiguous(name));
  return plan;
}

/** cli: command/translatableerror/service_plan_not_found_error.go */
export function planNotFound({ plan, offering, broker }: PlanName): NotFound {
  if (offering === "") return new NotFound(`Service plan '${plan}' not found.`);
  const of = `service offering '${offering}'${plan !== "" && broker !== "" ? ` and broker '${broker}'` : ""}`;
  return new NotFound(`The plan '${plan}' could not be found for ${of}.`);
}

function ambiguous({ plan, offering }: PlanName): string {
  const provided = `Service plan '${plan}' is provided by multiple service offerings.`;
  if (offering === "") return `${provided} Specify an offering by using the '-e' flag.`;
  return `${provided} ${brokersAmbiguous(offering)}`;
}

export function brokersAmbiguous(offering: string): string {
  return `Service offering '${offering}' is provided by multiple service brokers. Specify a broker name by using the '-b' flag.`;
}
