import { type Command, flag, value } from "../command.ts";
import { argumentsCannotCombine, CliError, IncorrectUsage } from "../errors.ts";
import { JWT_BEARER } from "../uaa-api.ts";

export const command: Command = {
  usage: `cf auth USERNAME PASSWORD
cf auth USERNAME PASSWORD --origin ORIGIN
cf auth CLIENT_ID CLIENT_SECRET --client-credentials
cf auth CLIENT_ID CLIENT_SECRET --assertion ID-TOKEN
cf auth CLIENT_ID --client-credentials --assertion ACCESS-TOKEN

ENVIRONMENT VARIABLES:
   CF_USERNAME=user          Authenticating user. Overridden if USERNAME argument is provided.
   CF_PASSWORD=password      Password associated with user. Overridden if PASSWORD argument is provided.

WARNING:
   Providing your password as a command line option is highly discouraged
   Your password may be visible to others and may be recorded in your shell history
   Consider using the CF_PASSWORD environment variable instead

EXAMPLES:
   cf auth name@example.com "my password" (use quotes for passwords with a space)
   cf auth name@example.com "\\"password\\"" (escape quotes if used in password)`,
  args: [
    { name: "USERNAME", optional: true },
    { name: "PASSWORD", optional: true },
  ],
  flags: [
    flag("--client-credentials", "Use (non-user) service account (also called client credentials)"),
    value("--origin", "Indicates the identity provider to be used for authentication"),
    value(
      "--assertion",
      "Token based authentication with assertion (user) or in combination with client-credentials (non-user)",
    ),
  ],
  related: "api, login, target",
  run: async ({ ui, uaa, config, deps }, input) => {
    const asClient = input.has("client-credentials");
    if (asClient && input.has("origin")) throw argumentsCannotCombine("--client-credentials", "--origin");
    const { Target, UAAGrantType, UAAOAuthClient, UAAOAuthClientSecret } = config.values;
    if (Target === "") throw new CliError("No API endpoint set. Use 'cf login' or 'cf api' to target an endpoint.");
    const userName = input.optional(0) ?? deps.env["CF_USERNAME"] ?? "";
    const password = input.optional(1) ?? deps.env["CF_PASSWORD"] ?? "";
    const assertion = input.text("assertion") ?? "";
    if (assertion === "" && (userName === "" || password === "")) {
      const missing = userName !== "" ? "Password" : password !== "" ? "Username" : "Username and password";
      throw new IncorrectUsage(`${missing} not provided.`, "");
    }
    ui.flavor`API endpoint: ${Target}`;
    if (!asClient) {
      if (UAAGrantType === "client_credentials") {
        throw new CliError(
          "Service account currently logged in. Use 'cf logout' to log out service account and try again.",
        );
      }
      if ((assertion === "" && UAAOAuthClient !== "cf") || UAAOAuthClientSecret !== "") {
        throw new CliError(
          "Error: Support for manually writing your client credentials to config.json has been removed. For similar functionality please use `cf auth --client-credentials`.",
        );
      }
    }
    ui.text();
    ui.text("Authenticating...");
    config.unsetOrgAndSpace();
    config.unsetTokens();
    const form = asClient
      ? clientForm(userName || UAAOAuthClient, password, assertion)
      : userForm(userName, password, assertion);
    await uaa.authenticate(form, input.text("origin") ?? "");
    ui.ok();
    ui.flavor`Use '${"cf target"}' to view or set your target org and space.`;
  },
};

/** A client shows its secret, or a token that says who it is. */
function clientForm(id: string, secret: string, assertion: string): Record<string, string> {
  const form = { grant_type: "client_credentials", client_id: id };
  if (assertion === "") return { ...form, client_secret: secret };
  return {
    ...form,
    client_assertion: assertion,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  };
}

/** With an assertion, name and password are those of the client that shows it. */
function userForm(name: string, password: string, assertion: string): Record<string, string> {
  if (assertion === "") return { grant_type: "password", username: name, password };
  return {
    grant_type: JWT_BEARER,
    assertion,
    ...(name === "" ? {} : { client_id: name }),
    ...(password === "" ? {} : { client_secret: password }),
  };
}
