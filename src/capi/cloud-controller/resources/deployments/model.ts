import type { Kysely, Selectable } from "kysely";
import type { Access } from "../../access.ts";
import type { CcApi } from "../../api/api.ts";
import { notFound } from "../../errors.ts";
import { deleteMetadata } from "../../metadata.ts";
import type { CcDatabase, DeploymentsTable } from "../../store/schema.ts";
import { type AppPlace, findAppPlace } from "../apps/place.ts";
import type { DiegoChange } from "../processes/diego.ts";
import type { Process } from "../processes/model.ts";
import { saveProcess } from "../processes/save.ts";
import type { DeploymentOptions } from "./body.ts";

export type Deployment = Selectable<DeploymentsTable>;

export function optionsOf(deployment: Deployment): DeploymentOptions {
  return { max_in_flight: 1, ...(JSON.parse(deployment.options) as object) };
}

/** Weights of the canary steps; null without. */
export function weightsOf(deployment: Deployment): number[] | null {
  const steps = optionsOf(deployment).canary?.steps;
  return steps === undefined ? null : steps.map(({ instance_weight: weight }) => weight);
}

/** 404 unless the caller may read the app's space. */
export async function visibleDeployment(
  api: CcApi,
  access: Access,
  guid: string,
): Promise<{ readonly deployment: Deployment; readonly place: AppPlace }> {
  const deployment = await api.db.selectFrom("deployments").where("guid", "=", guid).selectAll().executeTakeFirst();
  const place = deployment === undefined ? null : await findAppPlace(api.db, deployment.app_guid);
  if (deployment === undefined || place === null || !access.canReadSpace(place.space)) throw notFound("Deployment");
  return { deployment, place };
}

/** Sets columns; the time of the last status change follows by itself. */
export async function changeDeployment(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  deployment: Deployment,
  columns: Partial<Omit<Deployment, "id" | "guid">>,
): Promise<Deployment> {
  const after = { ...deployment, ...columns };
  const changed = after.status_value !== deployment.status_value || after.status_reason !== deployment.status_reason;
  return await trx
    .updateTable("deployments")
    .set({ ...columns, updated_at: api.nowMs(), ...(changed ? { status_updated_at: api.nowMs() } : {}) })
    .where("guid", "=", deployment.guid)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Oldest first. */
export async function webProcesses(trx: Kysely<CcDatabase>, appGuid: string): Promise<Process[]> {
  return await trx
    .selectFrom("processes")
    .where("app_guid", "=", appGuid)
    .where("type", "=", "web")
    .orderBy("id")
    .selectAll()
    .execute();
}

/** Stops and forgets a process of a deployment. */
export async function destroyProcess(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  process: Process,
): Promise<DiegoChange> {
  await saveProcess(api, trx, place, process, { state: "STOPPED" });
  await deleteMetadata(trx, "process", [process.guid]);
  await trx.deleteFrom("processes").where("guid", "=", process.guid).execute();
  return { processGuid: process.guid, staleVersions: [process.version] };
}
