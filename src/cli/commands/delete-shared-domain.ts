import { type Command, flag } from "../command.ts";
import { CliError, orNull } from "../errors.ts";

export const command: Command = {
  usage: "cf delete-shared-domain DOMAIN [-f]",
  args: [{ name: "DOMAIN" }],
  flags: [flag("-f", "Force deletion without confirmation")],
  related: "delete-private-domain, domains",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    ui.text("This action impacts all orgs using this domain.");
    ui.text(
      "Deleting the domain will remove associated routes which will make apps with this domain, in any org, unreachable.",
    );
    if (!input.has("f") && !(await cli.ask.yesNo(`Really delete the shared domain ${name}?`))) {
      ui.text(`'${name}' has not been deleted.`);
      return;
    }
    ui.flavor`Deleting domain ${name} as ${user.name}...`;
    const domain = await orNull(cli.domainByName(name));
    if (domain === null) {
      ui.warn(`Domain '${name}' does not exist.`);
      ui.ok();
      return;
    }
    if (domain.relationships.organization.data !== null) {
      throw new CliError(`Domain '${name}' is a private domain, not a shared domain.`);
    }
    await cc.delete(`/v3/domains/${domain.guid}`);
    ui.ok();
  },
};
