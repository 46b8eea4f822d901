import type { Cli } from "./cli.ts";
import { CliError } from "./errors.ts";
import type { Task } from "./resources.ts";

/** The task that has this number among those of its app. Throws `CliError`. */
export async function taskByNumber({ cc }: Cli, appGuid: string, number: number | string): Promise<Task> {
  const task = await cc.first<Task>(`/v3/apps/${appGuid}/tasks`, { sequence_ids: number });
  if (task === null) throw new CliError(`Task sequence ID ${number} not found.`);
  return task;
}
