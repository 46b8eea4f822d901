import type { Kysely } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { CcError, unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { recordServiceUsage } from "../service-usage-events/record.ts";
import type { ManagedUpdate } from "./body.ts";
import { isCreateFailed, isInProgress } from "./last-operation.ts";
import { isBindable, isPlanUpdateable, type ManagedInstance, type PlanWithBroker } from "./managed.ts";
import { isInstanceNameTaken } from "./names.ts";
import { requirePaidPlan } from "./quota.ts";

/** Throws the detail of another error as UnprocessableEntity, as CC does for updates. */
function refused(...args: ConstructorParameters<typeof CcError>): CcError {
  return unprocessable(new CcError(...args).message);
}

/** The version of a maintenance info; null without one. */
export function versionOf(maintenanceInfo: string): string | null {
  return (JSON.parse(maintenanceInfo) as { version?: string }).version ?? null;
}

/**
 * Throws what forbids an update, in CC's order. `chosen`: the plan of the request, checked by `choosePlan`.
 * CC: actions/v3/service_instance_update_managed.rb, preflight!
 */
export async function requireUpdatable(
  db: Kysely<CcDatabase>,
  current: ManagedInstance,
  wanted: ManagedUpdate,
  chosen: PlanWithBroker | null,
): Promise<void> {
  const { instance, plan } = current;
  if (isCreateFailed(instance)) throw new CcError("ServiceInstanceNotFound", [instance.name]);
  if (wanted.name !== undefined || wanted.tags !== undefined || chosen !== null) {
    if (wanted.name === null || wanted.name?.trim() === "") throw unprocessable("name presence");
    if (await isInstanceNameTaken(db, instance.space_guid, wanted.name ?? instance.name, instance.guid)) {
      throw refused("ServiceInstanceNameTaken", [wanted.name ?? instance.name]);
    }
    await requirePaidPlan(db, instance.space_guid, (chosen ?? current).plan).catch((error) => {
      throw error instanceof CcError ? unprocessable(error.message) : error;
    });
  }
  if (wanted.name !== undefined && (await isShared(db, instance.guid))) {
    throw refused("SharedServiceInstanceCannotBeRenamed");
  }
  if (chosen !== null) {
    if (!isPlanUpdateable(current)) throw refused("ServicePlanNotUpdateable");
    if (!isBindable(chosen) && (await hasAppBindings(db, instance.guid))) {
      throw refused("ServicePlanInvalid", ["cannot switch to non-bindable plan when service bindings exist"]);
    }
  }
  const version = wanted.maintenance_info?.version ?? null;
  if (version !== null) {
    if (chosen !== null && chosen.plan.guid !== plan.guid) throw refused("MaintenanceInfoNotUpdatableWhenChangingPlan");
    const ofPlan = versionOf(plan.maintenance_info);
    if (ofPlan === null) throw refused("MaintenanceInfoNotSupported");
    if (version !== ofPlan && version !== versionOf(instance.maintenance_info))
      throw refused("MaintenanceInfoConflict");
  }
  if (plan.available === 1) return;
  const inaccessible = (what: string) => refused("ServiceInstanceWithInaccessiblePlanNotUpdateable", [what]);
  if (wanted.parameters) throw inaccessible("parameters");
  if (current.offering.allow_context_updates === 1 && wanted.name) throw inaccessible("name");
  if (version !== null && version !== versionOf(instance.maintenance_info)) throw inaccessible("maintenance_info");
}

async function isShared(db: Kysely<CcDatabase>, guid: string): Promise<boolean> {
  const share = await db
    .selectFrom("service_instance_shares")
    .where("service_instance_guid", "=", guid)
    .select("space_guid")
    .executeTakeFirst();
  return share !== undefined;
}

async function hasAppBindings(db: Kysely<CcDatabase>, guid: string): Promise<boolean> {
  const binding = await db
    .selectFrom("service_credential_bindings")
    .where("service_instance_guid", "=", guid)
    .where("type", "=", "app")
    .select("guid")
    .executeTakeFirst();
  return binding !== undefined;
}

/** Whether the broker must hear of it; all else the Cloud Controller does alone. CC: update_broker_needed? */
export function needsBroker(current: ManagedInstance, wanted: ManagedUpdate, chosen: PlanWithBroker | null): boolean {
  const version = wanted.maintenance_info?.version ?? null;
  return (
    (wanted.name !== undefined && current.offering.allow_context_updates === 1) ||
    wanted.parameters !== undefined ||
    (chosen !== null && chosen.plan.guid !== current.plan.guid) ||
    (version !== null && version !== versionOf(current.instance.maintenance_info))
  );
}

/** Throws while something is done to the instance or to a binding of an app. CC: services/locks/updater_lock.rb */
export async function requireUnlocked(
  trx: Kysely<CcDatabase>,
  { guid, name }: { guid: string; name: string },
): Promise<void> {
  const instance = await trx.selectFrom("service_instances").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (instance === undefined || isInProgress(instance)) {
    throw new CcError("AsyncServiceInstanceOperationInProgress", [name]);
  }
  const bindings = await trx
    .selectFrom("service_credential_bindings as binding")
    .innerJoin("apps as app", "app.guid", "binding.app_guid")
    .where("binding.service_instance_guid", "=", guid)
    .select(["binding.last_operation", "app.name"])
    .execute();
  const busy = bindings.find(isInProgress);
  if (busy !== undefined) throw new CcError("AsyncServiceBindingOperationInProgress", [busy.name, name]);
}

export interface InstanceChange {
  readonly name?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly planGuid?: string;
  /** JSON. */
  readonly maintenanceInfo?: string;
  readonly dashboardUrl?: string | null;
  readonly brokerMetadata?: object | null;
  readonly metadata?: ManagedUpdate["metadata"];
  /** JSON of the last operation. */
  readonly operation: string;
}

/** Writes a change down, inside the caller's transaction. Throws UnprocessableEntity when the name was taken meanwhile. */
export async function changeInstance(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  before: {
    readonly guid: string;
    readonly space_guid: string;
    readonly name: string;
    readonly service_plan_guid: string | null;
  },
  change: InstanceChange,
): Promise<void> {
  const name = change.name?.trim() ?? before.name;
  if (name !== before.name && (await isInstanceNameTaken(trx, before.space_guid, name, before.guid))) {
    throw refused("ServiceInstanceNameTaken", [name]);
  }
  await trx
    .updateTable("service_instances")
    .set({
      name,
      updated_at: api.nowMs(),
      last_operation: change.operation,
      ...(change.tags === undefined ? {} : { tags: JSON.stringify(change.tags) }),
      ...(change.planGuid === undefined ? {} : { service_plan_guid: change.planGuid }),
      ...(change.maintenanceInfo === undefined ? {} : { maintenance_info: change.maintenanceInfo }),
      ...(change.dashboardUrl === undefined ? {} : { dashboard_url: change.dashboardUrl }),
      ...(change.brokerMetadata ? { broker_provided_metadata: JSON.stringify(change.brokerMetadata) } : {}),
    })
    .where("guid", "=", before.guid)
    .execute();
  await changeMetadata(trx, "service_instance", before.guid, change.metadata, api.config.limits);
  const planChanged = change.planGuid !== undefined && change.planGuid !== before.service_plan_guid;
  if (name !== before.name || planChanged) await recordServiceUsage(api, trx, before.guid, "UPDATED");
}
