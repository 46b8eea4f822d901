import { APP_NAME, type Command } from "../command.ts";
import { deployedRevisions, type Revision } from "../revisions.ts";

export const command: Command = {
  usage: "cf revisions APP_NAME",
  args: APP_NAME,
  related: "revision, rollback",
  run: async (cli, input) => {
    const { ui, cc, org, space } = cli;
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    ui.flavor`Getting revisions for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    const app = await cli.appByName(name);
    const feature = await cc.get<{ enabled: boolean }>(`/v3/apps/${app.guid}/features/revisions`);
    if (!feature.enabled) {
      ui.warn(`Warning: Revisions for app '${name}' are disabled. Updates to the app will not create new revisions.`);
    }
    if (app.state === "STOPPED") {
      ui.text();
      ui.text(
        "Info: this app is in a stopped state. It is not possible to determine which revision is currently deployed.",
      );
    }
    ui.text();
    const query = { order_by: "-created_at" };
    const { resources } = await cc.list<Revision>(`/v3/apps/${app.guid}/revisions`, query);
    if (resources.length === 0) {
      ui.text("No revisions found");
      return;
    }
    const deployed = await deployedRevisions(cli, app.guid);
    if (deployed.length > 1) {
      // Twice, once for each kind of deployment, as the official command line has it.
      ui.text("Info: this app is in the middle of a rolling deployment. More than one revision is deployed.");
      ui.text();
      ui.text("Info: this app is in the middle of a deployment. More than one revision is deployed.");
      ui.text();
    }
    const rows = resources.map((revision) => [
      `${revision.version}${deployed.some(({ guid }) => guid === revision.guid) ? "(deployed)" : ""}`,
      revision.description,
      String(revision.deployable),
      revision.guid,
      revision.created_at,
    ]);
    ui.table([["revision", "description", "deployable", "revision guid", "created at"], ...rows]);
  },
};
