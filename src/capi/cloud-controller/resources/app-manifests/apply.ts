import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { HIDDEN } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { APP_FEATURES, type AppFeature, BOTH_BINDING_FEATURES } from "../app-features/routes.ts";
import { changeEnvironment } from "../apps/environment-variables.ts";
import type { LifecycleChange } from "../apps/lifecycle.ts";
import { type App, type AppPlace, findAppPlace } from "../apps/place.ts";
import { recordAppUpdate, updateApp } from "../apps/update.ts";
import { scaleProcess, updateProcess } from "../processes/change.ts";
import { createProcess } from "../processes/create.ts";
import { type DiegoChange, tellDiegoSoon } from "../processes/diego.ts";
import { processOfType } from "../processes/model.ts";
import { createSidecar, sidecarsOfApp, updateSidecar } from "../sidecars/model.ts";
import { applyRoutes, type RouteContext } from "./apply-routes.ts";
import { applyServices, type ManifestJob } from "./apply-services.ts";
import type { AppManifest } from "./model.ts";

/**
 * Makes the app what its manifest says: all of it or, when something is wrong, nothing; `applied` writes that down with it. Gives how many
 * bindings its job `context.job` must wait for. Throws UnprocessableEntity with the app's name in front. CC: actions/app_apply_manifest.rb, jobs/space_apply_manifest_action_job.rb
 */
export async function applyManifest(
  api: CcApi,
  appGuid: string,
  manifest: AppManifest,
  context: RouteContext & { readonly job: ManifestJob },
  applied: (trx: Kysely<CcDatabase>) => Promise<void>,
): Promise<number> {
  const place = await findAppPlace(api.db, appGuid);
  if (place === null) throw new CcError("ResourceNotFound", [`App with guid '${appGuid}' not found`]);
  try {
    const { changes, routed, waiting } = await api.transaction(async (trx) => {
      const changes: (DiegoChange | null)[] = [];
      await applyFeatures(api, trx, place.app, manifest.features);
      await applyProcesses(api, trx, place, manifest, context.actor, changes);
      await applySidecars(api, trx, place.app, manifest);
      const app = await applyApp(api, trx, place, manifest, context.actor);
      const routed = await applyRoutes(api, trx, { ...place, app }, manifest, context);
      await applyEnvironment(api, trx, { ...place, app }, manifest.env, context.actor);
      const waiting = await applyServices(api, trx, { ...place, app }, manifest.services, context.job);
      await applied(trx);
      return { changes, routed, waiting };
    });
    await tellDiegoSoon(api, changes);
    api.hooks.processRoutingChanged([...new Set(routed)]);
    return waiting;
  } catch (error) {
    throw named(error, place.app.name);
  }
}

function named(error: unknown, appName: string): unknown {
  if (!(error instanceof CcError)) return error;
  const prefix = `For application '${appName}': `;
  if (error.errorName === "UnprocessableEntity") return unprocessable(prefix + error.message);
  return error.errorName === "ResourceNotFound" ? new CcError("ResourceNotFound", [prefix + error.message]) : error;
}

async function applyFeatures(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  app: App,
  features: AppManifest["features"],
): Promise<void> {
  const wanted = Object.entries(features) as [AppFeature, boolean][];
  if (wanted.length === 0) return;
  const columns = Object.fromEntries(wanted.map(([name, on]) => [APP_FEATURES[name].column, on ? 1 : 0]));
  const after = { ...app, ...columns };
  if (after.service_binding_k8s_enabled === 1 && after.file_based_vcap_services_enabled === 1) {
    throw unprocessable(BOTH_BINDING_FEATURES);
  }
  await trx
    .updateTable("apps")
    .set({ ...columns, updated_at: api.nowMs() })
    .where("guid", "=", app.guid)
    .execute();
}

async function applyProcesses(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  manifest: AppManifest,
  actor: Actor,
  changes: (DiegoChange | null)[],
): Promise<void> {
  const triggered = { manifestTriggered: true };
  for (const { type, update } of manifest.processes) {
    if (update === null) continue;
    const process =
      (await processOfType(trx, place.app.guid, type)) ??
      (await createProcess(api, trx, place, type, actor, { command: update.command ?? null, ...triggered }));
    const request = { ...update, type };
    changes.push((await updateProcess(api, trx, place, process, update, { actor, request, ...triggered })).change);
  }
  for (const { type, scale } of manifest.processes) {
    const process = scale === null ? undefined : await processOfType(trx, place.app.guid, type);
    if (scale === null || process === undefined) continue;
    changes.push((await scaleProcess(api, trx, place, process, scale, { actor, request: scale, ...triggered })).change);
  }
}

async function applySidecars(api: CcApi, trx: Kysely<CcDatabase>, app: App, manifest: AppManifest): Promise<void> {
  for (const wanted of manifest.sidecars) {
    const existing = (await sidecarsOfApp(trx, app.guid)).find(({ name }) => name === wanted.name);
    if (existing === undefined) await createSidecar(api, trx, app.guid, wanted, "user");
    else await updateSidecar(api, trx, existing, wanted);
  }
}

async function applyApp(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  manifest: AppManifest,
  actor: Actor,
): Promise<App> {
  const { lifecycle, metadata } = manifest;
  const change = {
    ...(lifecycle === null ? {} : { lifecycle }),
    ...(metadata === null ? {} : { metadata }),
    request: {
      ...(lifecycle === null ? {} : { lifecycle: asRequested(lifecycle) }),
      ...(metadata === null ? {} : { metadata }),
    },
    manifestTriggered: true,
  };
  return await updateApp(api, trx, place, change, actor);
}

/** A lifecycle as a request to `/v3/apps` has it. CC: messages/app_manifest_message.rb, app_lifecycle_hash */
function asRequested({ type, ...data }: LifecycleChange): object {
  return { ...(type === undefined ? {} : { type }), ...(Object.keys(data).length === 0 ? {} : { data }) };
}

async function applyEnvironment(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  env: AppManifest["env"],
  actor: Actor,
): Promise<void> {
  const { app } = place;
  if (Object.keys(env).length === 0) return;
  const changed = changeEnvironment(JSON.parse(app.environment_variables) as Record<string, unknown>, env);
  await trx
    .updateTable("apps")
    .set({ environment_variables: JSON.stringify(changed), updated_at: api.nowMs() })
    .where("guid", "=", app.guid)
    .execute();
  await recordAppUpdate(api, trx, place, { environment_variables: HIDDEN }, actor, true);
}
