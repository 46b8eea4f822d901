import type { Command } from "../command.ts";
import { tokenClaims } from "../current-user.ts";
import { CliError } from "../errors.ts";

export const command: Command = {
  usage: "cf oauth-token",
  related: "curl",
  run: async (cli) => {
    cli.requireTarget("login");
    const { UAAGrantType, AccessToken } = cli.config.values;
    if (UAAGrantType !== "client_credentials") {
      cli.ui.text(await cli.uaa.refresh());
      return;
    }
    const expires = tokenClaims(AccessToken)?.["exp"];
    if (typeof expires !== "number") throw new CliError("Access token is missing expiration claim.");
    if (expires * 1000 < cli.deps.clock.nowMs()) throw new CliError("Access token has expired.");
    cli.ui.text(AccessToken);
  },
};
