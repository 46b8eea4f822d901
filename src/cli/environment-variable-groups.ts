import type { Cli } from "./cli.ts";
import { CliError } from "./errors.ts";
import { jsonObject } from "./json-object.ts";
import { compareText } from "./text-order.ts";

export type GroupName = "running" | "staging";

export async function showEnvironmentVariableGroup({ ui, cc }: Cli, name: GroupName): Promise<void> {
  const { var: variables } = await cc.get<{ var: Record<string, unknown> }>(pathOf(name));
  const rows = Object.entries(variables).map(([variable, value]) => [variable, variableText(value)]);
  if (rows.length === 0) ui.text(`No ${name} environment variable group has been set.`);
  else
    ui.table([
      ["variable name", "assigned value"],
      ...rows.sort(([left = ""], [right = ""]) => compareText(left, right)),
    ]);
}

/** Variables that are not in the JSON are removed. Throws `CliError`. cli: actor/v7action/environment_variable.go */
export async function setEnvironmentVariableGroup({ cc }: Cli, name: GroupName, json: string): Promise<void> {
  const wanted = jsonObject(json);
  if (wanted === null) {
    throw new CliError("Invalid environment variable group provided. Please provide a valid JSON object.");
  }
  const { var: present } = await cc.get<{ var: Record<string, unknown> }>(pathOf(name));
  const variables: Record<string, string | null> = {};
  for (const variable of Object.keys(present)) variables[variable] = null;
  for (const [variable, value] of Object.entries(wanted)) {
    const text = variableText(value);
    variables[variable] = text === "" ? null : text; // an empty text unsets, as it does in the official command line
  }
  await cc.patch(pathOf(name), { var: variables });
}

/** A variable's value as it is shown and kept. */
export function variableText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function pathOf(name: GroupName): string {
  return `/v3/environment_variable_groups/${name}`;
}
