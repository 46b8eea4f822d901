import { type Command, value } from "../command.ts";
import type { Resource } from "../resources.ts";

interface Stack extends Resource {
  readonly description: string | null;
  readonly state?: string | null;
}

export const command: Command = {
  usage: `cf stacks [--labels SELECTOR]

EXAMPLES:
   cf stacks
   cf stacks --labels 'env=dev,!chargeback-code,tier in (backend,worker)'`,
  flags: [value("--labels", "Selector to filter stacks by labels")],
  related: "create-buildpack, delete-buildpack, stack, update-buildpack, update-stack",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting stacks as ${user.name}...`;
    cli.ui.text();
    const { resources } = await cli.cc.list<Stack>("/v3/stacks", { label_selector: input.text("labels") });
    if (resources.length === 0) {
      cli.ui.text("No stacks found.");
      return;
    }
    const hasState = resources.some(({ state }) => state !== undefined && state !== null && state !== "");
    const rows = resources
      .toSorted((left, right) => left.name.toLowerCase().localeCompare(right.name.toLowerCase()))
      .map(({ name, description, state }) => [name, description ?? "", ...(hasState ? [state ?? ""] : [])]);
    cli.ui.table([["name", "description", ...(hasState ? ["state"] : [])], ...rows]);
  },
};
