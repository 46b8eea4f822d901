import { byteSize } from "./bytes.ts";
import type { Cli } from "./cli.ts";
import { isMissing } from "./cloud-controller.ts";
import { friendlyDate } from "./dates.ts";
import { orNull } from "./errors.ts";
import type { App, Deployment, Droplet, InstanceStats, Process, Resource, Route } from "./resources.ts";
import type { Row } from "./table.ts";
import { compareText } from "./text-order.ts";

/** How an app does, as `cf app`, `cf push` and `cf scale` show it. cli: command/v7/shared/app_summary_displayer.go */
export async function showApp(cli: Cli, app: App, withStartCommand: boolean): Promise<void> {
  const { ui, cc } = cli;
  const [processes, routes, droplet, deployments] = await Promise.all([
    cc.list<Process>(`/v3/apps/${app.guid}/processes`),
    cc.list<Route>(`/v3/apps/${app.guid}/routes`),
    currentDroplet(cli, app),
    cc.list<Deployment>("/v3/deployments", { app_guids: app.guid, order_by: "-created_at", status_values: "ACTIVE" }),
  ]);
  const sorted = sortProcesses(processes.resources);
  const details = await Promise.all(
    sorted.map(async (listed) => {
      // The list hides start commands; whoever may see them asks for each process.
      const [process, sidecars, stats] = await Promise.all([
        withStartCommand ? cc.get<Process>(`/v3/processes/${listed.guid}`) : listed,
        cc.list<Resource>(`/v3/processes/${listed.guid}/sidecars`),
        cc.get<{ resources: InstanceStats[] }>(`/v3/processes/${listed.guid}/stats`),
      ]);
      return { process, sidecars: sidecars.resources, instances: stats.resources };
    }),
  );
  const segment = details[0]?.instances[0]?.isolation_segment;
  ui.keyValues([
    ["name:", app.name],
    ["requested state:", app.state.toLowerCase()],
    segment === undefined || segment === null || segment === "" ? null : ["isolation segment:", segment],
    ["routes:", routes.resources.map((route) => route.url).join(", ")],
    ["last uploaded:", droplet === null ? "" : friendlyDate(new Date(droplet.created_at))],
    ["stack:", droplet?.stack ?? ""],
    app.lifecycle.type === "docker" ? ["docker image:", droplet?.image ?? ""] : ["buildpacks:", ""],
  ]);
  showBuildpacks(cli, app, droplet);
  for (const { process, sidecars, instances } of details) {
    ui.text();
    ui.keyValues([
      ["type:", process.type],
      ["sidecars:", sidecars.map(({ name }) => name).join(", ")],
      ["instances:", instancesText(instances)],
      ["memory usage:", `${process.memory_in_mb}M`],
      withStartCommand && process.command !== null && process.command !== ""
        ? ["start command:", process.command]
        : null,
    ]);
    if (instances.length === 0) ui.text("There are no running instances of this process.");
    else ui.table(instanceTable(cli, instances));
  }
  const [deployment] = deployments.resources;
  if (deployment !== undefined && deployment.status.value === "ACTIVE") showDeployment(cli, app, deployment);
}

/** The web process first, then by name. */
export function sortProcesses(processes: readonly Process[]): Process[] {
  const rank = (process: Process): number => (process.type === "web" ? 0 : 1);
  return [...processes].sort((left, right) => rank(left) - rank(right) || compareText(left.type, right.type));
}

/** `2/3`: running of all. */
export function instancesText(instances: readonly { readonly state: string }[]): string {
  return `${instances.filter(({ state }) => state === "RUNNING").length}/${instances.length}`;
}

/** Null: never staged. */
export async function currentDroplet({ cc }: Cli, app: App): Promise<Droplet | null> {
  return await orNull(cc.get<Droplet>(`/v3/apps/${app.guid}/droplets/current`), isMissing);
}

function showBuildpacks({ ui }: Cli, app: App, droplet: Droplet | null): void {
  const buildpacks = droplet?.buildpacks ?? [];
  if (app.lifecycle.type === "docker" || buildpacks.length === 0) return;
  const rows = buildpacks.map(({ name, version, detect_output, buildpack_name }) => [
    name,
    version ?? "",
    detect_output ?? "",
    buildpack_name ?? "",
  ]);
  ui.table([["name", "version", "detect output", "buildpack name"], ...rows], "\t");
}

function instanceTable({ ui, deps }: Cli, instances: readonly InstanceStats[]): Row[] {
  const head = ["", "state", "since", "cpu entitlement", "memory", "disk", "logging", "details", "ready"];
  const rows = instances.map((instance) => {
    const { usage = {} } = instance;
    const state = instance.state.toLowerCase();
    const entitlement = usage.cpu_entitlement;
    const sinceMs = deps.clock.nowMs() - (instance.uptime ?? 0) * 1000;
    const limit = instance.log_rate_limit ?? 0;
    return [
      `#${instance.index}`,
      state === "down" || state === "crashed" ? ui.alarm(state) : state,
      `${new Date(sinceMs).toISOString().slice(0, 19)}Z`,
      entitlement === undefined || entitlement === null ? "" : `${(entitlement * 100).toFixed(1)}%`,
      `${byteSize(usage.mem ?? 0)} of ${byteSize(instance.mem_quota ?? 0)}`,
      `${byteSize(usage.disk ?? 0)} of ${byteSize(instance.disk_quota ?? 0)}`,
      `${byteSize(usage.log_rate ?? 0)}/s of ${limit === -1 ? "unlimited" : `${byteSize(limit)}/s`}`,
      instance.details ?? "",
      instance.routable === undefined || instance.routable === null ? "-" : String(instance.routable),
    ];
  });
  return [head, ...rows];
}

function showDeployment({ ui }: Cli, app: App, deployment: Deployment): void {
  const { status, strategy, options } = deployment;
  const changed = status.details?.last_status_change;
  ui.text();
  if (changed === undefined) ui.text(`Active deployment with status ${status.reason}.`);
  else ui.text(`Active deployment with status ${status.reason} (since ${friendlyDate(new Date(changed))})`);
  const steps = status.canary?.steps;
  ui.keyValues([
    ["strategy:", strategy.toLowerCase()],
    (options?.max_in_flight ?? 0) > 0 ? ["max-in-flight:", String(options?.max_in_flight)] : null,
    steps === undefined ? null : ["canary-steps:", `${steps.current}/${steps.total}`],
  ]);
  if (strategy === "canary" && status.reason === "PAUSED") {
    ui.text();
    ui.text(
      `Please run \`cf continue-deployment ${app.name}\` to promote the canary deployment, or \`cf cancel-deployment ${app.name}\` to rollback to the previous version.`,
    );
  }
}
