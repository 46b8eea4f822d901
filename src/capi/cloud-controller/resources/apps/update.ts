import type { Kysely } from "kysely";
import { isUniqueViolation } from "../../../../kit/database.ts";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { MetadataChange } from "../../validation.ts";
import { requireUsableStack } from "../stacks/stack-use.ts";
import { type LifecycleChange, lifecycleDataTexts, readLifecycleData } from "./lifecycle.ts";
import { logToApp, shownRequest } from "./log-lines.ts";
import { type App, type AppPlace, appEvent } from "./place.ts";
import { lockedApp } from "./state.ts";

export interface AppChange {
  readonly name?: string | null;
  readonly lifecycle?: LifecycleChange;
  readonly metadata?: MetadataChange;
  /** For the audit event, without secrets. */
  readonly request: object;
  readonly manifestTriggered?: boolean;
}

/** Name, lifecycle and metadata, inside a transaction. Throws UnprocessableEntity. CC: actions/app_update.rb */
export async function updateApp(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  change: AppChange,
  actor: Actor,
): Promise<App> {
  const before = await lockedApp(trx, place);
  const type = change.lifecycle?.type ?? before.lifecycle_type;
  if (type !== before.lifecycle_type) {
    throw unprocessable(`Lifecycle type cannot be changed from ${before.lifecycle_type} to ${type}`);
  }
  const name = change.name ?? before.name;
  const app = await trx
    .updateTable("apps")
    .set({
      name,
      updated_at: api.nowMs(),
      ...(change.lifecycle === undefined || type === "docker"
        ? {}
        : { lifecycle_data: await changedLifecycle(trx, before, change.lifecycle) }),
    })
    .where("guid", "=", before.guid)
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error) => {
      if (!isUniqueViolation(error, "apps.name")) throw error;
      throw unprocessable(`App with the name '${name}' already exists.`);
    });
  await changeMetadata(trx, "app", app.guid, change.metadata, api.config.limits);
  await recordAppUpdate(api, trx, { ...place, app }, change.request, actor, change.manifestTriggered ?? false);
  return app;
}

/** Audit event and log line. CC: app_event_repository.rb, record_app_update */
export async function recordAppUpdate(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  request: object,
  actor: Actor,
  manifestTriggered: boolean,
): Promise<void> {
  logToApp(api, place, `Updated app with guid ${place.app.guid} (${shownRequest(request)})`);
  const data = { request, ...(manifestTriggered ? { manifest_triggered: true } : {}) };
  await api.event(trx, appEvent("audit.app.update", place, actor, data));
}

async function changedLifecycle(trx: Kysely<CcDatabase>, app: App, change: LifecycleChange): Promise<string> {
  const before = readLifecycleData(app.lifecycle_data);
  const data = {
    buildpacks: change.buildpacks === undefined ? before.buildpacks : (change.buildpacks ?? []),
    stack: change.stack ?? before.stack,
  };
  const texts = await lifecycleDataTexts(trx, app.lifecycle_type, data);
  if (texts.length > 0) throw unprocessable(...texts);
  if (change.stack) await requireUsableStack(trx, change.stack, app.guid);
  return JSON.stringify({ ...(JSON.parse(app.lifecycle_data) as object), ...data });
}
