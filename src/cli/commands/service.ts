import type { Input } from "../args.ts";
import type { Cli } from "../cli.ts";
import { includedNames, isMissing, type Listing } from "../cloud-controller.ts";
import { type Command, flag } from "../command.ts";
import { CliError } from "../errors.ts";
import { jsonText } from "../go-json.ts";
import { operationText, type ServiceBinding } from "../service-bindings.ts";
import {
  SERVICE_INSTANCE,
  type ServiceInstance,
  serviceInstanceByName,
  serviceInstanceListing,
} from "../service-instances.ts";
import { type Sharing, sharingOf } from "../service-sharing.ts";
import { compareText } from "../text-order.ts";

const INDENT = "   ";

export const command: Command = {
  usage: "cf service SERVICE_INSTANCE",
  args: SERVICE_INSTANCE,
  flags: [
    flag("--guid", "Retrieve and display the given service instances's guid. All other output is suppressed."),
    flag("--params", "Retrieve and display the given service instances's parameters. All other output is suppressed."),
  ],
  related: "bind-service, rename-service, update-service",
  run: async (cli, input) => {
    cli.requireTarget("space");
    if (input.has("guid")) cli.ui.text((await serviceInstanceByName(cli, input.arg(0).trim())).guid);
    else if (input.has("params")) await showParameters(cli, input);
    else await showDetails(cli, input);
  },
};

async function showParameters(cli: Cli, input: Input): Promise<void> {
  const { guid } = await serviceInstanceByName(cli, input.arg(0).trim());
  try {
    const parameters = await cli.cc.get(`/v3/service_instances/${guid}/parameters`);
    cli.ui.text(`${jsonText(parameters)}\n`);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new CliError("This service does not support fetching service instance parameters.");
  }
}

async function showDetails(cli: Cli, input: Input): Promise<void> {
  const { ui, org, space } = cli;
  const user = cli.requireTarget("space");
  const name = input.arg(0).trim();
  ui.flavor`Showing info of service ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
  ui.text();
  const { instance, included } = await serviceInstanceListing(cli, name, {
    "fields[service_plan]": ["name", "guid"],
    "fields[service_plan.service_offering]": ["name", "guid", "description", "tags", "documentation_url"],
    "fields[service_plan.service_offering.service_broker]": ["name", "guid"],
    "fields[space]": ["name", "guid"],
    "fields[space.organization]": ["name", "guid"],
  });
  const isManaged = instance.type === "managed";
  // Everything is asked for before anything is shown: a failure leaves no half of an answer.
  const sharing = isManaged ? await sharingOf(cli, instance, text(included, "service_offerings", "guid")) : null;
  const upgrade = isManaged ? await upgradeOf(cli, instance) : null;
  const bindings = await boundApps(cli, instance.guid);
  ui.keyValues(isManaged ? managedRows(instance, included) : userProvidedRows(instance));
  ui.text();
  showLastOperation(cli, instance);
  showBoundApps(cli, bindings);
  if (sharing !== null) showSharing(cli, sharing, included);
  if (upgrade !== null) {
    ui.text("Showing upgrade status:");
    for (const line of upgrade) ui.text(line === "" ? "" : INDENT + line);
    ui.text();
  }
}

type Included = Listing<never>["included"];

/** A field of the first included resource of a kind. */
function text(included: Included, kind: string, field: string): string {
  const value = included[kind]?.[0]?.[field];
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
}

function managedRows(instance: ServiceInstance, included: Included): [string, string][] {
  return [
    ["name:", instance.name],
    ["guid:", instance.guid],
    ["type:", instance.type],
    ["broker:", text(included, "service_brokers", "name")],
    ["offering:", text(included, "service_offerings", "name")],
    ["plan:", text(included, "service_plans", "name")],
    ["tags:", (instance.tags ?? []).join(", ")],
    ["offering tags:", text(included, "service_offerings", "tags")],
    ["description:", text(included, "service_offerings", "description")],
    ["documentation:", text(included, "service_offerings", "documentation_url")],
    ["dashboard url:", instance.dashboard_url ?? ""],
  ];
}

function userProvidedRows(instance: ServiceInstance): [string, string][] {
  return [
    ["name:", instance.name],
    ["guid:", instance.guid],
    ["type:", instance.type],
    ["tags:", (instance.tags ?? []).join(", ")],
    ["route service url:", instance.route_service_url ?? ""],
    ["syslog drain url:", instance.syslog_drain_url ?? ""],
  ];
}

function showLastOperation({ ui }: Cli, { last_operation: last }: ServiceInstance): void {
  ui.text("Showing status of last operation:");
  if (last === undefined || last === null) {
    ui.text(`${INDENT}There is no last operation available for this service instance.`);
  } else {
    const rows = [
      ["status:", `${last.type} ${last.state}`],
      ["message:", last.description ?? ""],
      ["started:", last.created_at],
      ["updated:", last.updated_at],
    ];
    ui.keyValues(rows, INDENT);
  }
  ui.text();
}

interface BoundApp extends ServiceBinding {
  readonly appName: string;
}

/** By the apps' names, the newest of an app first. */
async function boundApps({ cc }: Cli, instanceGuid: string): Promise<BoundApp[]> {
  const query = { include: "app", service_instance_guids: instanceGuid, type: "app" };
  const { resources, included } = await cc.list<ServiceBinding>("/v3/service_credential_bindings", query);
  const nameOf = includedNames(included, "apps");
  return resources
    .map((binding) => ({ ...binding, appName: nameOf(binding.relationships.app) }))
    .sort((left, right) => compareText(left.appName, right.appName) || compareText(right.created_at, left.created_at));
}

function showBoundApps({ ui }: Cli, bindings: readonly BoundApp[]): void {
  ui.text("Showing bound apps:");
  if (bindings.length === 0) {
    ui.text(`${INDENT}There are no bound apps for this service instance.`);
  } else {
    const rows = bindings.map((binding) => [
      binding.appName,
      binding.name ?? "",
      operationText(binding.last_operation) || " ",
      binding.last_operation?.description ?? "",
      binding.guid,
      binding.created_at,
    ]);
    ui.table([["name", "binding name", "status", "message", "guid", "created_at"], ...rows], INDENT);
  }
  ui.text();
}

function showSharing({ ui }: Cli, sharing: Sharing, included: Included): void {
  ui.text("Showing sharing info:");
  if (sharing.kind === "from-elsewhere") {
    const [space, org] = [text(included, "spaces", "name"), text(included, "organizations", "name")];
    ui.flavor`   This service instance is shared from space ${space} of org ${org}.`;
    ui.text();
    return;
  }
  if (sharing.with.length === 0) {
    ui.text(`${INDENT}This service instance is not currently being shared.`);
  } else {
    ui.text(`${INDENT}Shared with spaces:`);
    const rows = sharing.with.map(({ org, space, bindings }) => [org, space, String(bindings)]);
    ui.table([["org", "space", "bindings"], ...rows], INDENT);
  }
  ui.text();
  if (sharing.isFlagEnabled && sharing.isOfferingShareable) return;
  if (!sharing.isFlagEnabled) {
    const flagOff = 'The "service_instance_sharing" feature flag is disabled for this Cloud Foundry platform.';
    ui.text(INDENT + flagOff);
  }
  if (!sharing.isOfferingShareable) {
    ui.text(`${INDENT}Service instance sharing is disabled for this service offering.`);
  }
  ui.text();
}

/** Lines that say whether the plan has gone on since the instance was made. */
async function upgradeOf({ cc }: Cli, instance: ServiceInstance): Promise<string[]> {
  if (instance.upgrade_available !== true) {
    const isVersioned = (instance.maintenance_info?.version ?? "") !== "";
    return isVersioned
      ? ["There is no upgrade available for this service."]
      : ["Upgrades are not supported by this broker."];
  }
  const planGuid = instance.relationships.service_plan?.data?.guid ?? "";
  const plan = await cc.get<{ readonly maintenance_info?: { readonly description?: string } }>(
    `/v3/service_plans/${planGuid}`,
  );
  return [
    "There is an upgrade available for this service.",
    "",
    `Upgrade description: ${plan.maintenance_info?.description ?? ""}`,
    `TIP: You can upgrade using 'cf upgrade-service ${instance.name}'`,
  ];
}
