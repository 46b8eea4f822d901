import { type Command, flag } from "../command.ts";
import { setTarget } from "../set-target.ts";

export const command: Command = {
  usage: "cf api [URL]",
  args: [{ name: "URL", optional: true }],
  flags: [
    flag("--skip-ssl-validation", "Skip verification of the API endpoint. Not recommended!"),
    flag("--unset", "Remove all api endpoint targeting"),
  ],
  related: "auth, login, target",
  run: async (cli, input) => {
    const { ui, config } = cli;
    if (input.has("unset")) {
      ui.text("Unsetting API endpoint...");
      config.unsetUser();
      Object.assign(config.values, { Target: "", APIVersion: "", UaaEndpoint: "", AuthorizationEndpoint: "" });
      Object.assign(config.values, { DopplerEndPoint: "", LogCacheEndPoint: "", NetworkPolicyV1Endpoint: "" });
      Object.assign(config.values, { RoutingAPIEndpoint: "", SSLDisabled: false });
      ui.ok();
      return;
    }
    const wanted = input.optional(0);
    if (wanted !== undefined) {
      ui.flavor`Setting API endpoint to ${wanted}...`;
      await setTarget(cli, wanted, input.has("skip-ssl-validation"));
      if (wanted.startsWith("http:")) {
        ui.text("Warning: Insecure http API endpoint detected: secure https API endpoints are recommended");
      }
      ui.ok();
    } else if (config.values.Target === "") {
      ui.text("No API endpoint set. Use 'cf api' to set an endpoint");
      return;
    }
    ui.keyValues([
      ["API endpoint:", config.values.Target],
      ["API version:", config.values.APIVersion],
    ]);
    if (config.values.AccessToken === "") {
      ui.text();
      ui.text("Not logged in. Use 'cf login' or 'cf login --sso' to log in.");
    }
  },
};
