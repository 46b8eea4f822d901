import { instancesText, sortProcesses } from "../app-summary.ts";
import { type Command, flag, value } from "../command.ts";
import type { App, Process, Route } from "../resources.ts";

export const command: Command = {
  usage: `cf apps [--labels SELECTOR]

EXAMPLES:
   cf apps
   cf apps --labels 'environment in (production,staging),tier in (backend)'
   cf apps --labels 'env=dev,!chargeback-code,tier in (backend,worker)'`,
  flags: [value("--labels", "Selector to filter apps by labels"), flag("--no-stats", "Do not retrieve process stats")],
  related: "events, logs, map-route, push, restart, scale, start, stop",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("space");
    ui.flavor`Getting apps in org ${cli.org.name} / space ${cli.space.name} as ${user.name}...`;
    ui.text();
    const query = { space_guids: cli.space.guid, order_by: "name", label_selector: input.text("labels") };
    const { resources: apps } = await cc.list<App>("/v3/apps", query);
    if (apps.length === 0) {
      ui.text("No apps found");
      return;
    }
    const stats = !input.has("no-stats");
    const embed = { space_guids: cli.space.guid, embed: "process_instances" };
    const processes = stats ? (await cc.list<Process>("/v3/processes", embed)).resources : [];
    const byApp = Map.groupBy(processes, (process) => process.relationships.app.data?.guid ?? "");
    const guids = apps.map(({ guid }) => guid);
    const { resources: routes } = await cc.listBy<Route>("/v3/routes", "app_guids", guids);
    const rows = apps.map((app) => {
      const own = routes.filter((route) => route.destinations.some((destination) => destination.app.guid === app.guid));
      const summary = sortProcesses(byApp.get(app.guid) ?? []).map(
        (process) => `${process.type}:${instancesText(process.process_instances ?? [])}`,
      );
      return [
        app.name,
        app.state.toLowerCase(),
        ...(stats ? [summary.join(", ")] : []),
        own.map((route) => route.url).join(", "),
      ];
    });
    ui.table([["name", "requested state", ...(stats ? ["processes"] : []), "routes"], ...rows]);
  },
};
