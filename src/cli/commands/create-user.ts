import { type Command, flag, value } from "../command.ts";
import { IncorrectUsage } from "../errors.ts";
import { UaaFailure } from "../uaa-api.ts";

export const command: Command = {
  usage: `cf create-user USERNAME PASSWORD
cf create-user USERNAME [--origin ORIGIN]
cf create-user USERNAME --password-prompt

EXAMPLES:
   cf create-user j.smith@example.com S3cr3t                  # internal user
   cf create-user j.smith@example.com --origin ldap           # LDAP user
   cf create-user j.smith@example.com --origin provider-alias # SAML or OpenID Connect federated user`,
  args: [{ name: "USERNAME" }, { name: "PASSWORD", optional: true }],
  flags: [
    value("--origin", "Origin for mapping a user account to a user in an external identity provider"),
    flag("--password-prompt", "Prompt interactively for password"),
  ],
  related: "passwd, set-org-role, set-space-role",
  run: async (cli, input) => {
    const { ui, uaa, cc } = cli;
    const name = input.arg(0);
    const origin = input.text("origin") ?? "uaa";
    let password = input.optional(1) ?? "";
    if (origin.toLowerCase() === "uaa" && !input.has("password-prompt") && input.optional(1) === undefined) {
      throw new IncorrectUsage("the required argument `PASSWORD` was not provided");
    }
    cli.requireTarget("login");
    const exists = async (): Promise<boolean> => {
      const failed = (error: unknown): never[] => {
        if (error instanceof UaaFailure) return []; // whoever may not read users gets a clear answer when creating
        throw error;
      };
      return (await uaa.usersByName(name, origin).catch(failed)).length > 0;
    };
    const taken = await exists();
    if (!taken && input.has("password-prompt")) password = await cli.ask.password("Password");
    ui.flavor`Creating user ${name}...`;
    try {
      if (taken) throw new UaaFailure(409, "scim_resource_already_exists", "");
      const guid = await uaa.createUser(name, password, origin);
      await cc.post("/v3/users", { guid });
    } catch (error) {
      if (!(error instanceof UaaFailure) || error.status !== 409) throw error;
      ui.warn(`User '${name}' already exists.`);
      ui.ok();
      return;
    }
    ui.ok();
    ui.text("TIP: Assign roles with 'cf set-org-role' and 'cf set-space-role'.");
  },
};
