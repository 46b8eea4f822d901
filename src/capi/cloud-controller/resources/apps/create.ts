import type { Kysely } from "kysely";
import { isUniqueViolation } from "../../../../kit/database.ts";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { MetadataChange } from "../../validation.ts";
import type { Space } from "../../visible.ts";
import { createProcess } from "../processes/create.ts";
import { requireUsableStack } from "../stacks/stack-use.ts";
import {
  defaultStack,
  type LifecycleChange,
  type LifecycleData,
  lifecycleDataTexts,
  requireReadyBuildpacks,
} from "./lifecycle.ts";
import { logToApp } from "./log-lines.ts";
import { type App, type AppPlace, appEvent, type Organization } from "./place.ts";

export interface AppWanted {
  readonly name: string;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly lifecycle: LifecycleChange;
  readonly metadata?: MetadataChange;
  /** For the audit event, without secrets. */
  readonly request: object;
}

/** With its web process. Throws UniquenessError, UnprocessableEntity. CC: actions/app_create.rb */
export async function createApp(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  where: { readonly space: Space; readonly organization: Organization },
  wanted: AppWanted,
  actor: Actor,
): Promise<App> {
  const type = wanted.lifecycle.type ?? "buildpack";
  const data: LifecycleData = {
    buildpacks: wanted.lifecycle.buildpacks ?? [],
    stack: wanted.lifecycle.stack ?? (type === "docker" ? null : await defaultStack(trx)),
  };
  const texts = await lifecycleDataTexts(trx, type, data);
  if (texts.length > 0) throw unprocessable(...texts);
  await requireUsableStack(trx, data.stack, null);
  await requireReadyBuildpacks(trx, data.buildpacks);
  const app = await trx
    .insertInto("apps")
    .values({
      ...api.stamp(),
      name: wanted.name,
      space_guid: where.space.guid,
      desired_state: "STOPPED",
      lifecycle_type: type,
      lifecycle_data: JSON.stringify(type === "docker" ? {} : data),
      environment_variables: JSON.stringify(wanted.environment),
      droplet_guid: null,
      enable_ssh: 1,
      revisions_enabled: 1,
      service_binding_k8s_enabled: 0,
      file_based_vcap_services_enabled: 0,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error) => {
      throw appNameTaken(error, wanted.name);
    });
  const place: AppPlace = { app, ...where };
  await changeMetadata(trx, "app", app.guid, wanted.metadata, api.config.limits);
  await createProcess(api, trx, place, "web", actor);
  logToApp(api, place, `Created app with guid ${app.guid}`);
  await api.event(trx, appEvent("audit.app.create", place, actor, { request: wanted.request }));
  return app;
}

export function appNameTaken(error: unknown, name: string): unknown {
  if (!isUniqueViolation(error, "apps.name")) return error;
  return new CcError("UniquenessError", [`App with the name '${name}' already exists.`]);
}
