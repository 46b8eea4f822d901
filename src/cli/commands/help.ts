import { type Command, flag } from "../command.ts";
import { CliError } from "../errors.ts";
import { commandHelp } from "../help.ts";
import { commonHelp, fullHelp } from "../help-overview.ts";

export const command: Command = {
  usage: "cf help [COMMAND]",
  args: [{ name: "COMMAND_NAME", optional: true }],
  flags: [flag("-a", "All available CLI commands")],
  run: async ({ ui, deps, categories }, input) => {
    const name = input.optional(0);
    if (name === undefined) {
      ui.write(input.has("a") ? fullHelp(categories, deps.version) : commonHelp(categories, deps.version));
      return;
    }
    const text = await commandHelp(categories, name);
    if (text === null) throw new CliError(`'${name}' is not a registered command. See 'cf help -a'`);
    ui.write(text);
  },
};
