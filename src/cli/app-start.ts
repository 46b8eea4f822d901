import { followLogs, newestLogNs, showLogLine } from "./app-logs.ts";
import { showApp } from "./app-summary.ts";
import type { Cli } from "./cli.ts";
import { CcFailure, nextPause, POLL_FIRST_MS } from "./cloud-controller.ts";
import { AllInstancesCrashed, CliError, StartupTimeout } from "./errors.ts";
import type { App, Build, Deployment, Droplet, InstanceStats, Package, Process } from "./resources.ts";

/** Nothing new for so long: the line about starting instances is said again. */
const REMIND_MS = 3_000;
/** Lines of the staging that are on their way when the build has ended. */
const LAST_LINES_MS = 150;

export interface DeploymentWish {
  readonly strategy: "rolling" | "canary";
  readonly maxInFlight: number | null;
  /** Percentages of canary steps. */
  readonly instanceSteps: readonly number[];
  /** What the new instances shall have, in the API's words; only `cf push` changes it with a deployment. */
  readonly scale: Readonly<Record<string, number>>;
  /** Goes back to this revision instead of taking a droplet. */
  readonly revisionGuid?: string;
}

export interface StartOptions {
  readonly action: "Starting" | "Restarting";
  readonly noWait: boolean;
  readonly deployment: DeploymentWish | null;
  /** Names of org and space when they are not those targeted. */
  readonly place?: { readonly org: string; readonly space: string };
}

/** Says that it stages a package, and does. Gives the droplet's guid. cli: command/v7/shared/app_stager.go, StageApp */
export async function stagePackage(cli: Cli, app: App, packageGuid: string): Promise<string> {
  cli.ui.text("Staging app and tracing logs...");
  return await buildDroplet(cli, app, packageGuid);
}

/** Stages a package and shows its log. Gives the droplet's guid. */
export async function buildDroplet(cli: Cli, app: App, packageGuid: string): Promise<string> {
  const { ui, cc, deps } = cli;
  const end = new AbortController();
  const warn = (error: unknown): void => {
    if (!(error instanceof CliError)) throw error;
    ui.warn(`Failed to retrieve logs from Log Cache: ${error.message}`);
  };
  const fromNs = await newestLogNs(cli, app.guid).catch((error: unknown) => {
    warn(error);
    return null;
  });
  const build = await cc.post<Build>("/v3/builds", { package: { guid: packageGuid } });
  const logs =
    fromNs === null
      ? Promise.resolve()
      : followLogs(
          cli,
          app.guid,
          fromNs + 1n,
          (line) => line.source === "STG" && showLogLine(ui, line, false),
          AbortSignal.any([end.signal, deps.signal]),
        ).catch(warn);
  try {
    return await waitForBuild(cli, app, build);
  } finally {
    await deps.clock.sleep(LAST_LINES_MS, deps.signal).catch(() => undefined);
    end.abort();
    await logs;
  }
}

async function waitForBuild({ cc, deps, stagingTimeoutMs }: Cli, app: App, made: Build): Promise<string> {
  const endMs = deps.clock.steadyMs() + stagingTimeoutMs;
  let build = made;
  for (let pauseMs = POLL_FIRST_MS; build.state === "STAGING"; pauseMs = nextPause(pauseMs)) {
    if (deps.clock.steadyMs() > endMs) {
      const minutes = Math.round(stagingTimeoutMs / 60_000);
      throw new CliError(`Error staging application ${app.name}: timed out after ${minutes} minute(s)`);
    }
    await deps.clock.sleep(pauseMs, deps.signal);
    build = await cc.get<Build>(`/v3/builds/${build.guid}`);
  }
  if (build.state === "FAILED" || build.droplet === null) {
    const reason = build.error ?? "no reason given";
    const tip = reason.includes("NoAppDetectedError")
      ? "\n\nTIP: Use 'cf buildpacks' to see a list of supported buildpacks."
      : "";
    throw new CliError(`Error staging application: ${reason}${tip}`);
  }
  return build.droplet.guid;
}

/** The newest package when nothing has been staged from it yet. */
export async function unstagedPackage({ cc }: Cli, app: App): Promise<string | null> {
  const newest = await cc.first<Package>("/v3/packages", { app_guids: app.guid, order_by: "-created_at" });
  if (newest === null) return null;
  const { resources } = await cc.list<Droplet>(`/v3/packages/${newest.guid}/droplets`, { states: "STAGED" });
  return resources.length === 0 ? newest.guid : null;
}

/** Starts or restarts an app, waits for it and shows it. cli: command/v7/shared/app_stager.go, StartApp */
export async function startApp(cli: Cli, app: App, dropletGuid: string | null, options: StartOptions): Promise<void> {
  const { ui, cc } = cli;
  if (options.deployment !== null) {
    await deploy(cli, app, dropletGuid, options.deployment, options.noWait);
    if (options.noWait && options.deployment.strategy !== "canary") {
      ui.text("First instance restaged correctly, restaging remaining in the background");
      return;
    }
  } else {
    const user = cli.requireTarget("space");
    const { org, space } = options.place ?? { org: cli.org.name, space: cli.space.name };
    ui.text(`${options.action} app ${app.name} in org ${org} / space ${space} as ${user.name}...`);
    ui.text();
    if (app.state === "STARTED") {
      if (options.action === "Starting") {
        ui.text(`App '${app.name}' is already started.`);
        ui.ok();
        return;
      }
      ui.text("Stopping app...");
      ui.text();
      await cc.post(`/v3/apps/${app.guid}/actions/stop`, {});
    }
    if (dropletGuid !== null) await setDroplet(cli, app, dropletGuid);
    ui.text("Waiting for app to start...");
    ui.text();
    await cc.post(`/v3/apps/${app.guid}/actions/start`, {});
    await waitForStart(cli, app, options.noWait);
    ui.text();
  }
  await showApp(cli, await cc.get<App>(`/v3/apps/${app.guid}`), false);
}

/** Throws `CliError` when the API refuses the droplet. */
export async function setDroplet({ cc }: Cli, app: App, dropletGuid: string): Promise<void> {
  try {
    await cc.patch(`/v3/apps/${app.guid}/relationships/current_droplet`, { data: { guid: dropletGuid } });
  } catch (error) {
    if (!(error instanceof CcFailure) || error.status !== 422) throw error;
    throw new CliError(`Unable to assign droplet: ${error.message}`);
  }
}

/** Makes a deployment and waits for its end. */
export async function deploy(
  cli: Cli,
  app: App,
  dropletGuid: string | null,
  wish: DeploymentWish,
  noWait: boolean,
): Promise<void> {
  cli.ui.text(`Creating deployment for app ${app.name}...\n`);
  const deployment = await createDeployment(cli, app, dropletGuid, wish);
  await followDeployment(cli, app, deployment.guid, noWait);
}

/** Until a deployment has ended or waits for the user. Throws `CliError`, `StartupTimeout`, `AllInstancesCrashed`. */
export async function followDeployment(cli: Cli, app: App, guid: string, noWait: boolean): Promise<void> {
  const { ui, cc, deps } = cli;
  ui.text("Waiting for app to deploy...\n");
  const endMs = deps.clock.steadyMs() + cli.startupTimeoutMs;
  for (let pauseMs = POLL_FIRST_MS; ; pauseMs = nextPause(pauseMs)) {
    const now = await cc.get<Deployment>(`/v3/deployments/${guid}`);
    const { value, reason } = now.status;
    if (value === "FINALIZED" && reason !== "DEPLOYED") {
      throw new CliError(`Deployment has been ${reason.toLowerCase()}`);
    }
    if (value === "FINALIZED" || reason === "PAUSED") break;
    if (noWait && (await anyRunning(cli, now.new_processes?.map(({ guid }) => guid) ?? []))) return;
    if (deps.clock.steadyMs() > endMs) {
      await cc.post(`/v3/deployments/${guid}/actions/cancel`, {});
      throw new StartupTimeout();
    }
    await deps.clock.sleep(pauseMs, deps.signal);
  }
  await waitForStart(cli, app, noWait);
  ui.text();
}

async function createDeployment(
  { cc }: Cli,
  app: App,
  dropletGuid: string | null,
  { strategy, maxInFlight, instanceSteps, scale, revisionGuid }: DeploymentWish,
): Promise<Deployment> {
  const steps = instanceSteps.map((weight) => ({ instance_weight: weight }));
  const options = {
    ...scale,
    ...(maxInFlight === null ? {} : { max_in_flight: maxInFlight }),
    ...(steps.length === 0 ? {} : { canary: { steps } }),
  };
  return await cc.post<Deployment>("/v3/deployments", {
    strategy,
    ...(dropletGuid === null ? {} : { droplet: { guid: dropletGuid } }),
    ...(revisionGuid === undefined ? {} : { revision: { guid: revisionGuid } }),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    relationships: { app: { data: { guid: app.guid } } },
  });
}

async function anyRunning({ cc }: Cli, processGuids: readonly string[]): Promise<boolean> {
  for (const guid of processGuids) {
    const { resources } = await cc.get<{ resources: InstanceStats[] }>(`/v3/processes/${guid}/stats`);
    if (resources.some(({ state }) => state === "RUNNING")) return true;
  }
  return false;
}

/**
 * Until each process (with `noWait` only the web one) has a running instance or none. Throws `AllInstancesCrashed` or
 * `StartupTimeout`. cli: actor/v7action/application.go, PollStart
 */
export async function waitForStart(
  cli: Cli,
  app: App,
  noWait: boolean,
  say = (line: string) => cli.ui.text(line),
): Promise<void> {
  const { cc, deps } = cli;
  const { clock, signal } = deps;
  const { resources } = await cc.list<Process>(`/v3/apps/${app.guid}/processes`);
  const processes = noWait ? resources.filter(({ type }) => type === "web") : resources;
  const endMs = clock.steadyMs() + cli.startupTimeoutMs;
  let said = "";
  let saidMs = 0;
  for (let pauseMs = POLL_FIRST_MS; ; pauseMs = nextPause(pauseMs)) {
    let stable = 0;
    for (const process of processes) {
      const { resources: instances } = await cc.get<{ resources: InstanceStats[] }>(
        `/v3/processes/${process.guid}/stats`,
      );
      const details = instances.find((instance) => (instance.details ?? "") !== "")?.details;
      const line =
        details === undefined || details === null ? "Instances starting..." : `Error starting instances: '${details}'`;
      if (line !== said || clock.steadyMs() - saidMs > REMIND_MS) {
        say(line);
        said = line;
        saidMs = clock.steadyMs();
      }
      if (instances.length === 0 || instances.some(({ state }) => state === "RUNNING")) stable++;
      else if (instances.every(({ state }) => state === "CRASHED")) throw new AllInstancesCrashed();
      else break;
    }
    if (stable === processes.length) return;
    if (clock.steadyMs() > endMs) throw new StartupTimeout();
    await clock.sleep(pauseMs, signal);
  }
}
