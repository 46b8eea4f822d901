import type { Command } from "../command.ts";
import { currentUserOf } from "../current-user.ts";
import { CliError } from "../errors.ts";

export const command: Command = {
  usage: "cf logout",
  run: async ({ ui, uaa, config }) => {
    const { AccessToken, RefreshToken } = config.values;
    ui.flavor`Logging out ${currentUserOf(AccessToken)?.name ?? ""}...`;
    // The refresh token first: the access token is what allows it.
    for (const token of [RefreshToken, AccessToken]) {
      await uaa.revoke(token).catch((error: unknown) => {
        if (!(error instanceof CliError)) throw error; // the platform may be gone; we forget the tokens anyway
      });
    }
    config.unsetUser();
    ui.ok();
  },
};
