import { type DeploymentWish, deploy, setDroplet, stagePackage, waitForStart } from "../app-start.ts";
import { showApp } from "../app-summary.ts";
import type { Cli } from "../cli.ts";
import { nextPause, POLL_FIRST_MS } from "../cloud-controller.ts";
import { AllInstancesCrashed, CliError, explainStartFailure } from "../errors.ts";
import { createDockerPackage } from "../packages.ts";
import type { App, Droplet } from "../resources.ts";
import { gatherAppFiles } from "./app-files.ts";
import { isMap, type ManifestApp } from "./manifest-file.ts";
import { sendForm, uploadFiles } from "./upload.ts";

export interface PushPlan {
  readonly manifestApp: ManifestApp;
  /** Folder or archive when the manifest names none. */
  readonly defaultPath: string;
  readonly dropletPath: string | null;
  readonly dockerPassword: string | null;
  readonly noStart: boolean;
  readonly noWait: boolean;
  readonly task: boolean;
  readonly deployment: DeploymentWish | null;
}

/** Brings one app that the manifest has made up to date, and shows it. cli: actor/v7pushaction/actualize.go */
export async function pushApp(cli: Cli, plan: PushPlan): Promise<void> {
  const { ui } = cli;
  const name = String(plan.manifestApp["name"]);
  const app = await cli.appByName(name);
  let failure: unknown = null;
  try {
    const source = await provideSource(cli, app, plan);
    await runApp(cli, app, plan, source);
  } catch (error) {
    if (!(error instanceof AllInstancesCrashed)) throw explainStartFailure(error, name);
    failure = error; // the table still tells how it is
  }
  ui.text();
  await showApp(cli, await cli.appByName(name), true);
  if (failure !== null) throw explainStartFailure(failure, name);
}

type Source = { readonly packageGuid: string } | { readonly dropletGuid: string };

async function provideSource(cli: Cli, app: App, plan: PushPlan): Promise<Source> {
  if (plan.dropletPath !== null) return { dropletGuid: await uploadDroplet(cli, app, plan.dropletPath) };
  const { docker } = plan.manifestApp;
  if (isMap(docker)) {
    const { image, username } = docker;
    const account = username === undefined ? {} : { username, password: plan.dockerPassword };
    const made = await createDockerPackage(cli, app.guid, { image, ...account });
    return { packageGuid: made.guid };
  }
  const { path } = plan.manifestApp;
  await using gathered = await gatherAppFiles(typeof path === "string" ? path : plan.defaultPath);
  return { packageGuid: await uploadFiles(cli, app.guid, gathered.files) };
}

async function uploadDroplet(cli: Cli, app: App, path: string): Promise<string> {
  const { ui, cc, deps } = cli;
  const relationships = { app: { data: { guid: app.guid } } };
  const droplet = await cc.post<Droplet>("/v3/droplets", { relationships });
  ui.text("Uploading droplet bits...");
  await sendForm(cli, `/v3/droplets/${droplet.guid}/upload`, null, path);
  ui.text();
  ui.text("Waiting for API to complete processing files...");
  for (let pauseMs = POLL_FIRST_MS; ; pauseMs = nextPause(pauseMs)) {
    const { state, error } = await cc.get<Droplet>(`/v3/droplets/${droplet.guid}`);
    if (state === "STAGED") return droplet.guid;
    if (state === "FAILED" || state === "EXPIRED") {
      throw new CliError(`Droplet failed to process correctly after upload: ${error ?? state}`);
    }
    await deps.clock.sleep(pauseMs, deps.signal);
  }
}

async function runApp(cli: Cli, app: App, plan: PushPlan, source: Source): Promise<void> {
  const { ui, cc } = cli;
  let dropletGuid: string | null = "dropletGuid" in source ? source.dropletGuid : null;
  if ("packageGuid" in source && (!plan.noStart || plan.task)) {
    ui.text();
    dropletGuid = await stagePackage(cli, app, source.packageGuid);
  }
  if (plan.deployment !== null && !plan.task) {
    ui.text();
    ui.flavor`Starting deployment for app ${app.name}...`;
    await deploy(cli, app, dropletGuid, plan.deployment, plan.noWait);
    return;
  }
  if ((plan.noStart || plan.task) && app.state === "STARTED") {
    ui.text("Stopping Application...");
    await cc.post(`/v3/apps/${app.guid}/actions/stop`, {});
    ui.text("Application Stopped");
  }
  if (dropletGuid !== null) await setDroplet(cli, app, dropletGuid);
  if (plan.noStart || plan.task) return;
  ui.text();
  ui.flavor`Waiting for app ${app.name} to start...`;
  ui.text();
  await cc.post(`/v3/apps/${app.guid}/actions/restart`, {});
  await waitForStart(cli, app, plan.noWait, (line) => ui.warn(line));
}
