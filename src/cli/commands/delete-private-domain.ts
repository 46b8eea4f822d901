import { type Command, flag } from "../command.ts";
import { CliError, orNull } from "../errors.ts";

export const command: Command = {
  usage: "cf delete-private-domain DOMAIN [-f]",
  args: [{ name: "DOMAIN" }],
  flags: [flag("-f", "Force deletion without confirmation")],
  related: "delete-shared-domain, domains, unshare-private-domain",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("org");
    const name = input.arg(0);
    const sayDeleting = (): void => ui.flavor`Deleting private domain ${name} as ${user.name}...`;
    sayDeleting();
    const domain = await orNull(cli.domainByName(name));
    if (domain === null) {
      ui.warn(`Domain '${name}' does not exist.`);
      ui.ok();
      return;
    }
    if (domain.relationships.organization.data === null) {
      throw new CliError(`Domain '${name}' is a shared domain, not a private domain.`);
    }
    ui.text(
      "Deleting the private domain will remove associated routes which will make apps with this domain unreachable.",
    );
    if (!input.has("f") && !(await cli.ask.yesNo(`Really delete the private domain ${name}?`))) {
      ui.text(`'${name}' has not been deleted.`);
      return;
    }
    sayDeleting();
    await cc.delete(`/v3/domains/${domain.guid}`);
    ui.ok();
    ui.text("TIP: Run 'cf domains' to view available domains.");
  },
};
