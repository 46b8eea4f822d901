import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { type Actor, actorOf } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import { changeMetadata, metadataOf } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { setDroplet } from "../apps/droplet.ts";
import { logToApp } from "../apps/log-lines.ts";
import { type App, type AppPlace, appEvent, findAppPlace } from "../apps/place.ts";
import { type Droplet, findDroplet } from "../droplets/model.ts";
import { type DiegoChange, tellDiego } from "../processes/diego.ts";
import { newProcess, type Process, processesOfApp } from "../processes/model.ts";
import { saveProcess } from "../processes/save.ts";
import { type Revision, resolveRevision, rollbackRevision } from "../revisions/resolve.ts";
import { DEPLOYMENT_CREATE, type DeploymentOptions } from "./body.ts";
import { changeDeployment, type Deployment, webProcesses } from "./model.ts";
import { canarySteps } from "./plan.ts";

const UNUSABLE = "Unable to use app. Ensure that the app exists and you have access to it.";

type Wanted = ReturnType<typeof parseWanted>;

function parseWanted(body: unknown) {
  return parseBody(DEPLOYMENT_CREATE, body);
}

/**
 * A stopped app is simply started with the new droplet. A running one gets a second web process with the new droplet, which the loop
 * lets grow while the old one shrinks. CC: actions/deployment_create.rb
 */
export async function createDeployment(api: CcApi, request: CcRequest): Promise<Deployment> {
  const { access, caller } = request;
  const wanted = parseWanted(request.body);
  const place = await findAppPlace(api.db, wanted.relationships);
  if (place === null || !access.canManageApps(place.space)) throw unprocessable(UNUSABLE);
  await requireSpaceWrite(api, access, place.space, true);
  if (wanted.revision && place.app.revisions_enabled === 0) {
    throw unprocessable("Cannot create deployment from a revision for an app without revisions enabled");
  }
  const actor = actorOf(caller);
  try {
    const { deployment, changes } = await api.transaction((trx) =>
      deploy(api, trx, place, wanted, actor, request.body as object),
    );
    logToApp(api, place, `Creating deployment for app with guid ${place.app.guid}`);
    await tellDiego(api, changes);
    return deployment;
  } catch (error) {
    throw withQuotaAdvice(error, place);
  }
}

async function deploy(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  wanted: Wanted,
  actor: Actor,
  request: object,
): Promise<{ readonly deployment: Deployment; readonly changes: (DiegoChange | null)[] }> {
  const target = await targetOf(trx, place.app, wanted);
  const previous = await activeDeployment(trx, place.app.guid);
  const [oldest] = await webProcesses(trx, place.app.guid);
  const original = previous?.original_web_process_instance_count ?? oldest?.instances ?? 1;
  const app = await applyTarget(api, trx, place, target, actor);
  const there = { ...place, app };
  const revision =
    target.revision === null
      ? await resolveRevision(api, trx, there, app, actor)
      : await rollbackRevision(api, trx, there, target.revision, actor);
  const { options } = wanted;
  const deployment = await trx
    .insertInto("deployments")
    .values({
      ...api.stamp(),
      app_guid: app.guid,
      state: wanted.strategy === "canary" ? "PREPAUSED" : "DEPLOYING",
      status_value: "ACTIVE",
      status_reason: "DEPLOYING",
      status_updated_at: api.nowMs(),
      last_healthy_at: api.nowMs(),
      strategy: wanted.strategy,
      options: JSON.stringify(options),
      canary_current_step: 1,
      droplet_guid: target.droplet.guid,
      previous_droplet_guid: place.app.droplet_guid,
      deploying_web_process_guid: null,
      original_web_process_instance_count: original,
      revision_guid: revision?.guid ?? null,
      revision_version: revision?.version ?? null,
      error: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await changeMetadata(trx, "deployment", deployment.guid, wanted.metadata, api.config.limits);
  await api.event(
    trx,
    appEvent("audit.app.deployment.create", there, actor, {
      deployment_guid: deployment.guid,
      droplet_guid: target.droplet.guid,
      type: target.revision === null ? null : "rollback",
      revision_guid: deployment.revision_guid,
      request,
      strategy: deployment.strategy,
    }),
  );
  const scaling = scalingOf(options);
  if (app.desired_state === "STOPPED") return await startWith(api, trx, there, deployment, revision, scaling);
  const step =
    wanted.strategy === "canary"
      ? (canarySteps(
          options.canary?.steps?.map((one) => one.instance_weight) ?? null,
          original,
          options.web_instances ?? null,
        )[0]?.canary ?? 1)
      : (options.web_instances ?? original);
  const instances = Math.min(options.max_in_flight, step);
  const process = await cloneWebProcess(api, trx, app, revision, { ...scaling, instances });
  const started = await saveProcess(api, trx, there, process, { state: "STARTED" });
  if (previous !== undefined) await supersede(api, trx, previous);
  const changed = await changeDeployment(api, trx, deployment, { deploying_web_process_guid: process.guid });
  return { deployment: changed, changes: [started.change] };
}

/** What shall run: a droplet of the app, or what a revision says. */
async function targetOf(
  trx: Kysely<CcDatabase>,
  app: App,
  wanted: Wanted,
): Promise<{ readonly droplet: Droplet; readonly revision: Revision | null }> {
  if (wanted.revision) {
    const revision = await trx
      .selectFrom("revisions")
      .where("guid", "=", wanted.revision.guid)
      .where("app_guid", "=", app.guid)
      .selectAll()
      .executeTakeFirst();
    if (revision === undefined) throw unprocessable("The revision does not exist");
    const droplet = revision.droplet_guid === null ? undefined : await findDroplet(trx, revision.droplet_guid);
    if (droplet === undefined) {
      throw unprocessable("Unable to deploy this revision, the droplet for this revision no longer exists.");
    }
    return { droplet, revision };
  }
  const guid = wanted.droplet?.guid ?? app.droplet_guid;
  const droplet = guid === null ? undefined : await findDroplet(trx, guid);
  if (droplet === undefined) {
    throw unprocessable(
      "Invalid droplet. Please specify a droplet in the request or set a current droplet for the app.",
    );
  }
  if (droplet.app_guid !== app.guid) {
    throw unprocessable("Unable to assign current droplet. Ensure the droplet exists and belongs to this app.");
  }
  return { droplet, revision: null };
}

async function applyTarget(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  target: Awaited<ReturnType<typeof targetOf>>,
  actor: Actor,
): Promise<App> {
  const app = await setDroplet(api, trx, place, target.droplet, actor);
  await api.event(
    trx,
    appEvent("audit.app.droplet.mapped", place, actor, { request: { droplet_guid: target.droplet.guid } }),
  );
  if (target.revision === null) return app;
  return await trx
    .updateTable("apps")
    .set({ environment_variables: target.revision.environment_variables })
    .where("guid", "=", app.guid)
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function startWith(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  deployment: Deployment,
  revision: Revision | null,
  scaling: Partial<Process>,
): Promise<{ readonly deployment: Deployment; readonly changes: (DiegoChange | null)[] }> {
  const app = await trx
    .updateTable("apps")
    .set({ desired_state: "STARTED", updated_at: api.nowMs() })
    .where("guid", "=", place.app.guid)
    .returningAll()
    .executeTakeFirstOrThrow();
  const changes: (DiegoChange | null)[] = [];
  for (const process of await processesOfApp(trx, app.guid)) {
    const columns = {
      state: "STARTED" as const,
      ...(revision === null ? {} : { revision_guid: revision.guid }),
      ...(process.type === "web" ? scaling : {}),
    };
    changes.push((await saveProcess(api, trx, { ...place, app }, process, columns)).change);
  }
  const finished = await changeDeployment(api, trx, deployment, {
    state: "DEPLOYED",
    status_value: "FINALIZED",
    status_reason: "DEPLOYED",
  });
  return { deployment: finished, changes };
}

/** The newest web process once more, stopped. */
async function cloneWebProcess(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  app: App,
  revision: Revision | null,
  columns: Partial<Process>,
): Promise<Process> {
  const newest = (await webProcesses(trx, app.guid)).at(-1);
  const fresh = newProcess(api, app.guid, "web");
  const { id: _id, ...copied } = newest ?? { id: 0, ...fresh };
  const commands = JSON.parse(revision?.process_commands ?? "{}") as Record<string, string | null>;
  const process = await trx
    .insertInto("processes")
    .values({
      ...copied,
      ...columns,
      ...api.stamp(),
      state: "STOPPED",
      version: api.deps.random.guid(),
      command: revision === null ? copied.command : (commands["web"] ?? null),
      revision_guid: revision?.guid ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  if (newest !== undefined) {
    const metadata = (await metadataOf(trx, "process", [newest.guid]))(newest.guid);
    await changeMetadata(trx, "process", process.guid, metadata, api.config.limits);
  }
  return process;
}

function scalingOf(options: DeploymentOptions): Partial<Process> {
  return {
    ...(options.web_instances === undefined ? {} : { instances: options.web_instances }),
    ...(options.memory_in_mb === undefined ? {} : { memory_in_mb: options.memory_in_mb }),
    ...(options.disk_in_mb === undefined ? {} : { disk_in_mb: options.disk_in_mb }),
    ...(options.log_rate_limit_in_bytes_per_second === undefined
      ? {}
      : { log_rate_limit_in_bytes_per_second: options.log_rate_limit_in_bytes_per_second }),
  };
}

async function activeDeployment(trx: Kysely<CcDatabase>, appGuid: string): Promise<Deployment | undefined> {
  return await trx
    .selectFrom("deployments")
    .where("app_guid", "=", appGuid)
    .where("status_value", "=", "ACTIVE")
    .selectAll()
    .executeTakeFirst();
}

async function supersede(api: CcApi, trx: Kysely<CcDatabase>, previous: Deployment): Promise<void> {
  await changeDeployment(api, trx, previous, {
    state: previous.state === "DEPLOYING" ? "DEPLOYED" : "CANCELED",
    status_value: "FINALIZED",
    status_reason: "SUPERSEDED",
  });
}

function withQuotaAdvice(error: unknown, { space, organization }: AppPlace): unknown {
  if (!(error instanceof CcError) || error.errorName !== "UnprocessableEntity") return error;
  const advice = "quota may not be large enough to support rolling deployments or your configured max-in-flight.";
  if (/space_quota_exceeded|space_app_instance_limit_exceeded/.test(error.message)) {
    return unprocessable(`${error.message} for space ${space.name}. This space's ${advice}`);
  }
  if (/quota_exceeded|app_instance_limit_exceeded/.test(error.message)) {
    return unprocessable(`${error.message} for organization ${organization.name}. This organization's ${advice}`);
  }
  return error;
}
