import { sortProcesses } from "./app-summary.ts";
import type { Cli } from "./cli.ts";
import { isMissing } from "./cloud-controller.ts";
import { CliError, orNull } from "./errors.ts";
import type { App, Process } from "./resources.ts";

/** The web process first, then by name. */
export async function processesOf({ cc }: Cli, app: App): Promise<Process[]> {
  return sortProcesses((await cc.list<Process>(`/v3/apps/${app.guid}/processes`)).resources);
}

/** Throws `CliError` when the app has no such process. */
export async function processByType({ cc }: Cli, appGuid: string, type: string): Promise<Process> {
  return await known(type, cc.get<Process>(pathOf(appGuid, type)));
}

/** `change`: instances and limits in the API's words. Throws `CliError` when the app has no such process. */
export async function scaleProcess(
  { cc }: Cli,
  appGuid: string,
  type: string,
  change: Readonly<Record<string, number>>,
): Promise<void> {
  await known(type, cc.post(`${pathOf(appGuid, type)}/actions/scale`, change));
}

function pathOf(appGuid: string, type: string): string {
  return `/v3/apps/${appGuid}/processes/${encodeURIComponent(type)}`;
}

async function known<T>(type: string, answer: Promise<T>): Promise<T> {
  const known = await orNull(answer, isMissing);
  if (known === null) throw new CliError(`Process ${type} not found`);
  return known;
}
