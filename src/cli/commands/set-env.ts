import type { Command } from "../command.ts";

export const command: Command = {
  usage: "cf set-env APP_NAME ENV_VAR_NAME ENV_VAR_VALUE",
  args: [{ name: "APP_NAME" }, { name: "ENV_VAR_NAME" }, { name: "ENV_VAR_VALUE" }],
  literalFrom: 1,
  related:
    "apps, env, restart, set-running-environment-variable-group, set-staging-environment-variable-group, stage, unset-env",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const [name, variable] = [input.arg(0), input.arg(1)];
    ui.flavor`Setting env variable ${variable} for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const app = await cli.appByName(name);
    await cli.cc.patch(`/v3/apps/${app.guid}/environment_variables`, { var: { [variable]: input.arg(2) } });
    ui.ok();
    ui.text(`TIP: Use 'cf restage ${name}' to ensure your env variable changes take effect.`);
  },
};
