import { type Command, flag } from "../command.ts";

export const command: Command = {
  usage: "cf delete-orphaned-routes [-f]",
  flags: [flag("-f", "Force deletion without confirmation")],
  related: "delete-route, routes",
  run: async (cli, input) => {
    const { ui, cc, space } = cli;
    const user = cli.requireTarget("space");
    if (!input.has("f") && !(await cli.ask.yesNo("Really delete orphaned routes?"))) {
      ui.text("Routes have not been deleted.");
      return;
    }
    ui.flavor`Deleting orphaned routes as ${user.name}...`;
    await cc.delete(`/v3/spaces/${space.guid}/routes?unmapped=true`);
    ui.ok();
  },
};
