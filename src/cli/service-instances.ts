import type { ArgumentSpec } from "./args.ts";
import type { Cli } from "./cli.ts";
import { CcFailure, type Listing, type Query } from "./cloud-controller.ts";
import { CliError, NotFound } from "./errors.ts";
import type { Resource, ToOne } from "./resources.ts";

export const SERVICE_INSTANCE: readonly ArgumentSpec[] = [{ name: "SERVICE_INSTANCE" }];

/** What a broker was last asked for. */
export interface LastOperation {
  readonly type: string;
  readonly state: string;
  readonly description?: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface ServiceInstance extends Resource {
  readonly type: "managed" | "user-provided";
  readonly tags?: readonly string[] | null;
  readonly syslog_drain_url?: string | null;
  readonly route_service_url?: string | null;
  readonly dashboard_url?: string | null;
  readonly upgrade_available?: boolean | null;
  readonly maintenance_info?: { readonly version?: string } | null;
  readonly last_operation?: LastOperation | null;
  readonly relationships: { readonly space: ToOne; readonly service_plan?: ToOne };
}

/** In the targeted space, with what `fields[…]` of the query includes. Throws `NotFound`. */
export async function serviceInstanceListing(
  cli: Cli,
  name: string,
  query: Query = {},
): Promise<{ readonly instance: ServiceInstance; readonly included: Listing<never>["included"] }> {
  const where = { names: [name], space_guids: cli.space.guid, ...query };
  const { resources, included } = await cli.cc.list<ServiceInstance>("/v3/service_instances", where);
  const [instance] = resources;
  if (instance === undefined) throw new NotFound(`Service instance '${name}' not found`);
  return { instance, included };
}

/** In the targeted space. Throws `NotFound`. */
export async function serviceInstanceByName(cli: Cli, name: string): Promise<ServiceInstance> {
  return (await serviceInstanceListing(cli, name)).instance;
}

/** Throws unless the instance is of this type. */
export function requireType(instance: ServiceInstance, type: ServiceInstance["type"]): void {
  if (instance.type !== type) throw new CliError(`The service instance '${instance.name}' is not ${type}`);
}

/** Whether the API refused to make an instance because another one of the space has its name. */
export function isNameTaken(error: unknown): boolean {
  return error instanceof CcFailure && error.message.includes("The service instance name is taken");
}
