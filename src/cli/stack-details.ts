import type { Cli } from "./cli.ts";
import { NotFound } from "./errors.ts";
import type { Resource } from "./resources.ts";

export interface Stack extends Resource {
  readonly description: string | null;
  readonly state?: string | null;
  readonly state_reason?: string | null;
}

/** Throws `NotFound`. */
export async function stackByName(cli: Cli, name: string): Promise<Stack> {
  const stack = await cli.cc.first<Stack>("/v3/stacks", { names: [name] });
  if (stack === null) throw new NotFound(`Stack '${name}' not found`);
  return stack;
}

/** Name, description and state; why it is in it, unless it is in use. */
export function showStack({ ui }: Cli, { name, description, state, state_reason: reason }: Stack): void {
  const hasState = state !== undefined && state !== null && state !== "";
  ui.keyValues([
    ["name:", name],
    ["description:", description ?? ""],
    hasState ? ["state:", state] : null,
    hasState && state !== "ACTIVE" ? ["reason:", reason ?? ""] : null,
  ]);
}
