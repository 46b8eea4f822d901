import type { Command } from "../command.ts";

export const command: Command = {
  usage: "cf unset-env APP_NAME ENV_VAR_NAME",
  args: [{ name: "APP_NAME" }, { name: "ENV_VAR_NAME" }],
  related: "apps, env, restart, set-env, stage",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const [name, variable] = [input.arg(0), input.arg(1)];
    ui.flavor`Removing env variable ${variable} from app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const app = await cli.appByName(name);
    const set = await cc.get<{ environment_variables: Record<string, unknown> }>(`/v3/apps/${app.guid}/env`);
    if (!Object.hasOwn(set.environment_variables, variable)) {
      ui.text(`Env variable ${variable} was not set.`);
      ui.ok();
      return;
    }
    await cc.patch(`/v3/apps/${app.guid}/environment_variables`, { var: { [variable]: null } });
    ui.ok();
    ui.text(`TIP: Use 'cf restage ${name}' to ensure your env variable changes take effect.`);
  },
};
