import { CcFailure } from "../cloud-controller.ts";
import { type Command, flag, value } from "../command.ts";
import { CliError } from "../errors.ts";

export const command: Command = {
  usage: `cf delete-user USERNAME [-f]
cf delete-user USERNAME [--origin ORIGIN]

EXAMPLES:
   cf delete-user jsmith                   # internal user
   cf delete-user jsmith --origin ldap     # LDAP user`,
  args: [{ name: "USERNAME" }],
  flags: [
    flag("-f", "Force deletion without confirmation"),
    value("--origin", "Origin for mapping a user account to a user in an external identity provider"),
  ],
  related: "org-users",
  run: async (cli, input) => {
    const { ui, uaa, cc } = cli;
    const current = cli.requireTarget("login");
    const name = input.arg(0);
    const origin = input.text("origin") ?? "";
    if (!input.has("f") && !(await cli.ask.yesNo(`Really delete the user ${name}?`))) {
      ui.text(`User '${name}' has not been deleted.`);
      ui.ok();
      return;
    }
    ui.flavor`Deleting user ${name} as ${current.name}...`;
    const users = await uaa.usersByName(name, origin);
    const [user] = users;
    if (user === undefined) {
      ui.text(
        origin === "" ? `User '${name}' does not exist.` : `User '${name}' with origin '${origin}' does not exist.`,
      );
      ui.ok();
      return;
    }
    if (users.length > 1) {
      const origins = users.map((found) => found.origin).join(", ");
      throw new CliError(
        `Ambiguous user. User with username '${name}' exists in the following origins: ${origins}. Specify an origin to disambiguate.`,
      );
    }
    try {
      await cc.delete(`/v3/users/${user.id}`);
    } catch (error) {
      if (!(error instanceof CcFailure) || error.status !== 404) throw error; // the API may never have seen this user
    }
    await uaa.deleteUser(user.id);
    ui.ok();
  },
};
