import type { Cli } from "./cli.ts";
import { NotFound } from "./errors.ts";
import type { Resource, ToOne } from "./resources.ts";
import { type LastOperation, serviceInstanceByName } from "./service-instances.ts";

/** Of an app, or a key. */
export interface ServiceBinding extends Resource {
  readonly type: "app" | "key";
  readonly created_at: string;
  readonly last_operation?: LastOperation | null;
  readonly relationships: { readonly service_instance: ToOne; readonly app?: ToOne };
}

const PATH = "/v3/service_credential_bindings";

/** Bindings of an app, of one service instance or of all. */
export async function appBindings(
  { cc }: Cli,
  appGuid: string,
  instanceGuid?: string,
): Promise<readonly ServiceBinding[]> {
  const query = { type: "app", app_guids: appGuid, service_instance_guids: instanceGuid };
  return (await cc.list<ServiceBinding>(PATH, query)).resources;
}

/** The keys of a service instance. Throws `NotFound` for the instance. */
export async function serviceKeys(cli: Cli, instanceName: string): Promise<readonly ServiceBinding[]> {
  const { guid } = await serviceInstanceByName(cli, instanceName);
  return (await cli.cc.list<ServiceBinding>(PATH, { service_instance_guids: guid, type: "key" })).resources;
}

/** No key of this name, although the instance is there. */
export class KeyNotFound extends NotFound {}

/** Throws `NotFound` for the instance and `KeyNotFound` for the key. */
export async function serviceKeyByName(cli: Cli, instanceName: string, name: string): Promise<ServiceBinding> {
  const { guid } = await serviceInstanceByName(cli, instanceName);
  const query = { service_instance_guids: guid, type: "key", names: [name] };
  const key = await cli.cc.first<ServiceBinding>(PATH, query);
  if (key === null) throw new KeyNotFound(`No service key ${name} found for service instance ${instanceName}`);
  return key;
}

/** `create succeeded`; empty without a last operation. */
export function operationText(operation: LastOperation | null | undefined): string {
  return operation?.type && operation.state ? `${operation.type} ${operation.state}` : "";
}
