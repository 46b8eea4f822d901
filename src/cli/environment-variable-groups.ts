import type { Cli } from "./cli.ts";
import { CliError } from "./errors.ts";

export type GroupName = "running" | "staging";

export async function showEnvironmentVariableGroup({ ui, cc }: Cli, name: GroupName): Promise<void> {
  const { var: variables } = await cc.get<{ var: Record<string, unknown> }>(pathOf(name));
  const rows = Object.entries(variables).map(([variable, value]) => [variable, textOf(value)]);
  if (rows.length === 0) ui.text(`No ${name} environment variable group has been set.`);
  else
    ui.table([
      ["variable name", "assigned value"],
      ...rows.sort(([left = ""], [right = ""]) => (left < right ? -1 : 1)),
    ]);
}

/** Variables that are not in the JSON are removed. Throws `CliError`. cli: actor/v7action/environment_variable.go */
export async function setEnvironmentVariableGroup({ cc }: Cli, name: GroupName, json: string): Promise<void> {
  const wanted = parse(json);
  const { var: present } = await cc.get<{ var: Record<string, unknown> }>(pathOf(name));
  const variables: Record<string, string | null> = {};
  for (const variable of Object.keys(present)) variables[variable] = null;
  for (const [variable, value] of Object.entries(wanted)) {
    const text = textOf(value);
    variables[variable] = text === "" ? null : text; // an empty text unsets, as it does in the official command line
  }
  await cc.patch(pathOf(name), { var: variables });
}

function parse(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new CliError("Invalid environment variable group provided. Please provide a valid JSON object.");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function pathOf(name: GroupName): string {
  return `/v3/environment_variable_groups/${name}`;
}
