import type { Cli } from "./cli.ts";
import { includedNames, type Query } from "./cloud-controller.ts";
import { CliError, NotFound } from "./errors.ts";
import type { Resource, ToOne } from "./resources.ts";

export interface ServiceOffering extends Resource {
  readonly shareable?: boolean;
  readonly relationships: { readonly service_broker: ToOne };
}

/** Offerings, and the name of a broker by its guid. Empty names: any. */
export async function serviceOfferings(
  cli: Cli,
  offering: string,
  broker: string,
): Promise<{ readonly offerings: readonly ServiceOffering[]; readonly brokerName: (of: ServiceOffering) => string }> {
  const query: Query = {
    ...(offering === "" ? {} : { names: [offering] }),
    ...(broker === "" ? {} : { service_broker_names: [broker] }),
    "fields[service_broker]": ["name", "guid"],
  };
  const { resources, included } = await cli.cc.list<ServiceOffering>("/v3/service_offerings", query);
  const nameOf = includedNames(included, "service_brokers");
  return { offerings: resources, brokerName: ({ relationships }) => nameOf(relationships.service_broker) };
}

/** Throws `NotFound`, and a `CliError` when several brokers offer it. cli: ccv3/service_offering.go */
export async function serviceOfferingByName(cli: Cli, name: string, broker: string): Promise<ServiceOffering> {
  const { offerings, brokerName } = await serviceOfferings(cli, name, broker);
  const [offering, another] = offerings;
  if (offering === undefined) throw offeringNotFound(name, broker);
  if (another !== undefined) {
    const names = offerings.map(brokerName).join(", ");
    throw new CliError(
      `Service '${name}' is provided by multiple service brokers: ${names}\nSpecify a broker by using the '-b' flag.`,
    );
  }
  return offering;
}

export function offeringNotFound(name: string, broker: string): NotFound {
  if (name === "") {
    const of = broker === "" ? "" : ` for service broker '${broker}'`;
    return new NotFound(`No service offerings found${of}.`);
  }
  return new NotFound(`Service offering '${name}'${broker === "" ? "" : ` for service broker '${broker}'`} not found.`);
}
