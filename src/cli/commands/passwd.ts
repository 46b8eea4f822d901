import type { Command } from "../command.ts";
import { CliError } from "../errors.ts";

export const command: Command = {
  usage: "cf passwd",
  run: async (cli) => {
    const user = cli.requireTarget("login");
    const current = await cli.ask.password("Current password");
    const wanted = await cli.ask.password("New password");
    const again = await cli.ask.password("Verify password");
    if (wanted !== again) throw new CliError("Password verification does not match.");
    cli.ui.flavor`Changing password for user ${user.name}...`;
    await cli.uaa.changePassword(user.guid, current, wanted);
    cli.ui.ok();
    cli.ui.text("Please log in again.");
    cli.config.unsetUser();
  },
};
