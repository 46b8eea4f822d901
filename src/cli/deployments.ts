import type { Cli } from "./cli.ts";
import { CliError } from "./errors.ts";
import type { App, Deployment } from "./resources.ts";

/** The one that is under way. Throws `CliError` when there is none. */
export async function activeDeployment({ cc }: Cli, app: App): Promise<Deployment> {
  const query = { app_guids: app.guid, status_values: "ACTIVE", order_by: "-created_at" };
  const deployment = await cc.first<Deployment>("/v3/deployments", query);
  if (deployment === null) throw new CliError("No active deployment found for app.");
  return deployment;
}
