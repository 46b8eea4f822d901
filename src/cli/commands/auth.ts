import { type Command, flag, value } from "../command.ts";
import { argumentsCannotCombine, CliError } from "../errors.ts";

export const command: Command = {
  usage: `cf auth USERNAME PASSWORD
cf auth USERNAME PASSWORD --origin ORIGIN
cf auth CLIENT_ID CLIENT_SECRET --client-credentials

ENVIRONMENT VARIABLES:
   CF_USERNAME=user          Authenticating user. Overridden if USERNAME argument is provided.
   CF_PASSWORD=password      Password associated with user. Overridden if PASSWORD argument is provided.

WARNING:
   Providing your password as a command line option is highly discouraged
   Your password may be visible to others and may be recorded in your shell history`,
  args: [
    { name: "USERNAME", optional: true },
    { name: "PASSWORD", optional: true },
  ],
  flags: [
    flag("--client-credentials", "Use (non-user) service account (also called client credentials)"),
    value("--origin", "Indicates the identity provider to be used for authentication"),
  ],
  related: "api, login, target",
  run: async ({ ui, uaa, config, deps }, input) => {
    const asClient = input.has("client-credentials");
    if (asClient && input.has("origin")) throw argumentsCannotCombine("--client-credentials", "--origin");
    const { Target, UAAGrantType, UAAOAuthClient, UAAOAuthClientSecret } = config.values;
    if (Target === "") throw new CliError("No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.");
    const userName = input.optional(0) ?? deps.env["CF_USERNAME"] ?? "";
    const password = input.optional(1) ?? deps.env["CF_PASSWORD"] ?? "";
    if (userName === "" || password === "") {
      const missing = userName !== "" ? "Password" : password !== "" ? "Username" : "Username and password";
      throw new CliError(`${missing} not provided.`);
    }
    ui.flavor`API endpoint: ${Target}`;
    if (!asClient) {
      if (UAAGrantType === "client_credentials") {
        throw new CliError(
          "Service account currently logged in. Use 'cf logout' to log out service account and try again.",
        );
      }
      if (UAAOAuthClient !== "cf" || UAAOAuthClientSecret !== "") {
        throw new CliError(
          "Error: Support for manually writing your client credentials to config.json has been removed. For similar functionality please use `cf auth --client-credentials`.",
        );
      }
    }
    ui.text();
    ui.text("Authenticating...");
    config.unsetOrgAndSpace();
    config.unsetTokens();
    const form: Record<string, string> = asClient
      ? { grant_type: "client_credentials", client_id: userName, client_secret: password }
      : { grant_type: "password", username: userName, password };
    await uaa.authenticate(form, input.text("origin") ?? "");
    ui.ok();
    ui.flavor`Use '${"cf target"}' to view or set your target org and space.`;
  },
};
