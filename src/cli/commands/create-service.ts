import { type Command, value } from "../command.ts";
import { CliError, orNull } from "../errors.ts";
import { isNameTaken } from "../service-instances.ts";
import { isBrokerDone, WAIT_FLAG } from "../service-operation.ts";
import { PARAMETERS_FLAG, parametersUsage, serviceParameters } from "../service-parameters.ts";
import { AmbiguousPlan, brokersAmbiguous, servicePlanByName } from "../service-plans.ts";
import { serviceTags, TAGS_FLAG } from "../service-tags.ts";

const CALL = "cf create-service SERVICE_OFFERING PLAN SERVICE_INSTANCE";

export const command: Command = {
  usage: `${CALL} [-b SERVICE_BROKER] [-c PARAMETERS_AS_JSON] [-t TAGS]

${parametersUsage(CALL, '{\n  "cluster_nodes": {\n    "count": 5,\n    "memory_mb": 1024\n  }\n}')}

TIP:
   Use 'cf create-user-provided-service' to make user-provided service instances available to CF apps

EXAMPLES:
   cf create-service db-service silver mydb -c '{"ram_gb":4}'
   cf create-service db-service silver mydb -c ~/workspace/tmp/instance_config.json
   cf create-service db-service silver mydb -t "list, of, tags"`,
  args: [{ name: "SERVICE_OFFERING" }, { name: "SERVICE_PLAN" }, { name: "SERVICE_INSTANCE" }],
  flags: [
    value("-b", "Create a service instance from a particular broker. Required when service offering name is ambiguous"),
    PARAMETERS_FLAG,
    TAGS_FLAG,
    WAIT_FLAG,
  ],
  related: "bind-service, create-user-provided-service, marketplace, services",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const parameters = await serviceParameters(cli, input);
    const tags = serviceTags(input);
    const user = cli.requireTarget("space");
    const [offering, plan, name] = [input.arg(0), input.arg(1), input.arg(2).trim()];
    ui.flavor`Creating service instance ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const planName = { plan, offering, broker: input.text("b") ?? "" };
    const { guid } = await servicePlanByName(cli, planName).catch((error: unknown) => {
      throw error instanceof AmbiguousPlan ? new CliError(brokersAmbiguous(offering)) : error;
    });
    const json = {
      type: "managed",
      name,
      ...(tags === undefined ? {} : { tags }),
      ...(parameters === undefined ? {} : { parameters }),
      relationships: { space: { data: { guid: space.guid } }, service_plan: { data: { guid } } },
    };
    const answer = await orNull(cc.send("POST", "/v3/service_instances", { json }), isNameTaken);
    if (answer === null) {
      ui.ok();
      ui.flavor`Service instance ${name} already exists`;
      return;
    }
    ui.text();
    if (await isBrokerDone(cli, answer, input.has("wait"))) ui.flavor`Service instance ${name} created.`;
    else ui.flavor`Create in progress. Use 'cf services' or 'cf service ${name}' to check operation status.`;
    ui.ok();
  },
};
