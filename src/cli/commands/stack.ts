import { type Command, flag } from "../command.ts";
import { showStack, stackByName } from "../stack-details.ts";

export const command: Command = {
  usage: "cf stack STACK_NAME",
  args: [{ name: "STACK_NAME" }],
  flags: [flag("--guid", "Retrieve and display the given stack's guid. All other output for the stack is suppressed.")],
  related: "app, push, stacks, update-stack",
  run: async (cli, input) => {
    const { ui } = cli;
    const user = cli.requireTarget("login");
    const name = input.arg(0);
    if (input.has("guid")) {
      ui.text((await stackByName(cli, name)).guid);
      return;
    }
    ui.flavor`Getting info for stack ${name} as ${user.name}...`;
    ui.text();
    showStack(cli, await stackByName(cli, name));
  },
};
