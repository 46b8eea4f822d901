import type { Cli } from "../cli.ts";
import { includedNames } from "../cloud-controller.ts";
import { type Command, flag } from "../command.ts";
import type { Resource, ToOne } from "../resources.ts";
import type { ServiceBinding } from "../service-bindings.ts";

interface ServiceInstance extends Resource {
  readonly type: string;
  readonly upgrade_available?: boolean;
  readonly last_operation?: { readonly type?: string; readonly state?: string };
  readonly relationships: { readonly service_plan?: ToOne };
}

export const command: Command = {
  usage: "cf services",
  flags: [flag("--no-apps", "Do not retrieve bound apps information.")],
  related: "create-service, marketplace",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    ui.flavor`Getting service instances in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    const { resources, included } = await cc.list<ServiceInstance>("/v3/service_instances", {
      space_guids: space.guid,
      "fields[service_plan]": ["guid", "name", "relationships.service_offering"],
      "fields[service_plan.service_offering]": ["guid", "name", "relationships.service_broker"],
      "fields[service_plan.service_offering.service_broker]": ["guid", "name"],
      order_by: "name",
    });
    if (resources.length === 0) {
      ui.text("No service instances found.");
      return;
    }
    const withApps = !input.has("no-apps");
    const apps = withApps ? await boundApps(cli, resources) : new Map<string, string[]>();
    const rows = resources.map((instance) => {
      const plan = pick(included["service_plans"], instance.relationships.service_plan);
      const offering = pick(included["service_offerings"], relation(plan, "service_offering"));
      const broker = pick(included["service_brokers"], relation(offering, "service_broker"));
      const operation = [instance.last_operation?.type, instance.last_operation?.state];
      return [
        instance.name,
        instance.type === "user-provided" ? "user-provided" : String(offering?.["name"] ?? ""),
        String(plan?.["name"] ?? ""),
        ...(withApps ? [(apps.get(instance.guid) ?? []).join(", ")] : []),
        operation.filter((part) => part !== undefined).join(" "),
        String(broker?.["name"] ?? ""),
        instance.upgrade_available === undefined ? "" : instance.upgrade_available ? "yes" : "no",
      ];
    });
    const head = ["name", "offering", "plan", ...(withApps ? ["bound apps"] : [])];
    ui.table([[...head, "last operation", "broker", "upgrade available"], ...rows]);
  },
};

type Included = Readonly<Record<string, unknown>>;

function pick(items: readonly Included[] | undefined, to: ToOne | undefined): Included | undefined {
  return items?.find((item) => item["guid"] === to?.data?.guid);
}

function relation(item: Included | undefined, name: string): ToOne | undefined {
  return (item?.["relationships"] as Record<string, ToOne> | undefined)?.[name];
}

/** Service instance guid → names of the apps bound to it, sorted. */
async function boundApps({ cc }: Cli, instances: readonly ServiceInstance[]): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  const guids = instances.map(({ guid }) => guid);
  const path = "/v3/service_credential_bindings";
  const query = { include: "app" };
  const { resources, included } = await cc.listBy<ServiceBinding>(path, "service_instance_guids", guids, query);
  const nameOf = includedNames(included, "apps");
  for (const { relationships } of resources) {
    const name = nameOf(relationships.app);
    const guid = relationships.service_instance.data?.guid;
    if (name === "" || guid === undefined) continue;
    names.set(guid, [...new Set([...(names.get(guid) ?? []), name])].sort());
  }
  return names;
}
