import type { Cli } from "../cli.ts";
import { CcFailure } from "../cloud-controller.ts";
import { APP_NAME, type Command, flag } from "../command.ts";
import { CliError, NotFound } from "../errors.ts";
import type { Route } from "../resources.ts";

export const command: Command = {
  usage: "cf delete APP_NAME [-r] [-f]",
  args: APP_NAME,
  flags: [flag("-f", "Force deletion without confirmation"), flag("-r", "Also delete any mapped routes")],
  related: "apps, scale, stop",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    const withRoutes = input.has("r");
    if (!input.has("f")) {
      let question = `Really delete the app ${name}?`;
      if (withRoutes) {
        ui.text("Deleting the app and associated routes will make apps with this route, in any org, unreachable.");
        question = `Really delete the app ${name} and associated routes?`;
      }
      if (!(await cli.ask.yesNo(question))) {
        ui.text(`App '${name}' has not been deleted.`);
        return;
      }
    }
    ui.flavor`Deleting app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    try {
      await deleteApp(cli, name, withRoutes);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      ui.warn(`App '${name}' does not exist.`);
    }
    ui.ok();
  },
};

async function deleteApp(cli: Cli, name: string, withRoutes: boolean): Promise<void> {
  const { cc, ui } = cli;
  const app = await cli.appByName(name);
  const routes = withRoutes ? (await cc.list<Route>(`/v3/apps/${app.guid}/routes`)).resources : [];
  const shared = routes.find((route) => route.destinations.some((destination) => destination.app.guid !== app.guid));
  if (shared !== undefined) {
    ui.defer(`\nTIP: Run 'cf delete ${name}' to delete the app and 'cf delete-route' to delete the route.`);
    throw new CliError(`App '${name}' was not deleted because route '${shared.url}' is mapped to more than one app.`);
  }
  await cc.delete(`/v3/apps/${app.guid}`);
  for (const route of routes) {
    try {
      await cc.delete(`/v3/routes/${route.guid}`);
    } catch (error) {
      if (!(error instanceof CcFailure) || error.status !== 404) throw error;
    }
  }
}
