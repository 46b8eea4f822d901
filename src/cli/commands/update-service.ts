import type { Cli } from "../cli.ts";
import { type Command, flag, value } from "../command.ts";
import { CliError } from "../errors.ts";
import {
  requireType,
  SERVICE_INSTANCE,
  type ServiceInstance,
  serviceInstanceByName,
  serviceInstanceListing,
} from "../service-instances.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";
import { PARAMETERS_FLAG, parametersUsage, serviceParameters } from "../service-parameters.ts";
import { planNotFound, type ServicePlan } from "../service-plans.ts";
import { serviceTags, TAGS_FLAG } from "../service-tags.ts";

const CALL = "cf update-service SERVICE_INSTANCE";

export const command: Command = {
  usage: `${CALL} [-p NEW_PLAN] [-c PARAMETERS_AS_JSON] [-t TAGS]

${parametersUsage(CALL, '{\n   "cluster_nodes": {\n      "count": 5,\n      "memory_mb": 1024\n   }\n}')}

Optionally provide a list of comma-delimited tags that will be written to the VCAP_SERVICES environment variable for any bound applications.

EXAMPLES:
   cf update-service mydb -p gold
   cf update-service mydb -c '{"ram_gb":4}'
   cf update-service mydb -c ~/workspace/tmp/instance_config.json
   cf update-service mydb -t "list, of, tags"`,
  args: SERVICE_INSTANCE,
  flags: [
    PARAMETERS_FLAG,
    value("-p", "Change service plan for a service instance"),
    TAGS_FLAG,
    WAIT_FLAG,
    { ...flag("--upgrade", "No longer supported: there is upgrade-service"), hidden: true },
  ],
  related: "rename-service, services, update-user-provided-service",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const parameters = await serviceParameters(cli, input);
    const tags = serviceTags(input);
    const plan = input.text("p") ?? "";
    const name = input.arg(0).trim();
    if (input.has("upgrade")) {
      throw new CliError(
        `Upgrading is no longer supported via updates, please run "cf upgrade-service ${name}" instead.`,
      );
    }
    const user = cli.requireTarget("space");
    ui.flavor`Updating service instance ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    ui.text();
    if (parameters === undefined && tags === undefined && plan === "") {
      ui.text("No flags specified. No changes were made.");
      ui.ok();
      return;
    }
    const { instance, newPlan } =
      plan === ""
        ? { instance: await managedInstance(cli, name), newPlan: undefined }
        : await instanceAndPlan(cli, name, plan);
    const isSamePlan = newPlan === undefined || newPlan === instance.relationships.service_plan?.data?.guid;
    if (isSamePlan && parameters === undefined && tags === undefined) {
      ui.text("No changes were made.");
      ui.ok();
      return;
    }
    const json = {
      ...(tags === undefined ? {} : { tags }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(isSamePlan ? {} : { relationships: { service_plan: { data: { guid: newPlan } } } }),
    };
    const answer = await cc.send("PATCH", `/v3/service_instances/${instance.guid}`, { json });
    if (await isBrokerDone(cli, answer, input.has("wait"))) ui.flavor`Update of service instance ${name} complete.`;
    else ui.flavor`Update in progress. Use 'cf services' or 'cf service ${name}' to check operation status.`;
    ui.ok();
  },
};

async function managedInstance(cli: Cli, name: string): Promise<ServiceInstance> {
  const instance = await serviceInstanceByName(cli, name);
  requireType(instance, "managed");
  return instance;
}

/** The instance, and the guid of the plan of its offering that has this name. */
async function instanceAndPlan(cli: Cli, name: string, plan: string) {
  const { instance, included } = await serviceInstanceListing(cli, name, {
    "fields[service_plan.service_offering]": ["name", "guid"],
    "fields[service_plan.service_offering.service_broker]": ["name"],
  });
  requireType(instance, "managed");
  const offering = included["service_offerings"]?.[0];
  const query = { service_offering_guids: String(offering?.["guid"]), names: [plan] };
  const found = await cli.cc.first<ServicePlan>("/v3/service_plans", query);
  if (found === null) {
    const broker = String(included["service_brokers"]?.[0]?.["name"] ?? "");
    throw planNotFound({ plan, offering: String(offering?.["name"] ?? ""), broker });
  }
  return { instance, newPlan: found.guid };
}
