import { APP_NAME, type Command } from "../command.ts";
import { variableText } from "../environment-variable-groups.ts";
import { jsonText } from "../go-json.ts";
import type { Ui } from "../ui.ts";

type Variables = Readonly<Record<string, unknown>>;
interface AppEnvironment {
  readonly system_env_json?: Variables;
  readonly application_env_json?: Variables;
  readonly environment_variables?: Variables;
  readonly running_env_json?: Variables;
  readonly staging_env_json?: Variables;
}

export const command: Command = {
  usage: "cf env APP_NAME",
  args: APP_NAME,
  related: "app, apps, running-environment-variable-group, set-env, staging-environment-variable-group, unset-env",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Getting env variables for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const app = await cli.appByName(name);
    const env = await cli.cc.get<AppEnvironment>(`/v3/apps/${app.guid}/env`);
    const system = Object.entries(env.system_env_json ?? {});
    const application = Object.entries(env.application_env_json ?? {});
    if (system.length > 0 || application.length > 0) {
      ui.header("System-Provided:");
      for (const [key, value] of system) ui.text(`${key}: ${jsonText(value)}\n`);
      if (application.length > 0) ui.text();
      for (const [key, value] of application) ui.text(`${key}: ${jsonText(value)}\n`);
    } else ui.text("No system-provided env variables have been set");
    ui.text();
    showGroup(ui, "User-Provided:", env.environment_variables, "No user-provided env variables have been set");
    showGroup(
      ui,
      "Running Environment Variable Groups:",
      env.running_env_json,
      "No running env variables have been set",
    );
    showGroup(
      ui,
      "Staging Environment Variable Groups:",
      env.staging_env_json,
      "No staging env variables have been set",
    );
  },
};

function showGroup(ui: Ui, title: string, variables: Variables = {}, none: string): void {
  const names = Object.keys(variables).sort();
  if (names.length > 0) ui.header(title);
  else ui.text(none);
  for (const name of names) {
    ui.text(`${name}: ${variableText(variables[name])}`);
  }
  ui.text();
}
