import type { Command } from "../command.ts";

export const command: Command = {
  usage: "cf version\n\n'cf -v' and 'cf --version' are also accepted.",
  run: async ({ ui, deps }) => ui.text(`cf version ${deps.version}`),
};
