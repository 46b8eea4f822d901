import { type Command, required, value } from "../command.ts";
import { CliError } from "../errors.ts";
import { type Stack, showStack, stackByName } from "../stack-details.ts";

const STATES = ["active", "restricted", "deprecated", "disabled"] as const;

export const command: Command = {
  usage: `cf update-stack STACK_NAME [--state (active | restricted | deprecated | disabled)] [--reason text]

EXAMPLES:
   cf update-stack cflinuxfs3 --state disabled
   cf update-stack cflinuxfs3 --state deprecated --reason "Please migrate your applications to 'cflinuxfs4'."`,
  args: [{ name: "STACK_NAME" }],
  flags: [
    required(value("--state", "State to transition the stack to (active, restricted, deprecated, disabled)")),
    value("--reason", "Optional plain text describing the stack state change"),
  ],
  related: "stack, stacks",
  run: async (cli, input) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    const wanted = input.text("state") ?? "";
    const state = STATES.find((one) => one === wanted.toLowerCase());
    if (state === undefined) {
      throw new CliError(`Invalid state: ${wanted}. Must be one of: ${STATES.join(", ")}`);
    }
    const name = input.arg(0);
    const reason = input.text("reason") ?? "";
    ui.flavor`Updating stack ${name} as ${user.name}...`;
    const { guid } = await stackByName(cli, name);
    const change = { state: state.toUpperCase(), ...(reason === "" ? {} : { state_reason: reason }) };
    const stack = await cc.patch<Stack>(`/v3/stacks/${guid}`, change);
    ui.ok();
    ui.text();
    showStack(cli, stack);
  },
};
