import type { Selectable } from "kysely";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { metadataOf } from "../../metadata.ts";
import type { ServiceCredentialBindingsTable } from "../../store/schema.ts";
import { APP_SHOWN, presentApp } from "../apps/present.ts";
import { presentBindingOperation } from "../service-instances/last-operation.ts";
import { managedAmong } from "../service-instances/managed.ts";
import { includedInstances } from "../service-instances/present.ts";

export type CredentialBinding = Selectable<ServiceCredentialBindingsTable>;
/** Without what is sealed: documents show none of it. */
export type ShownBinding = Omit<CredentialBinding, "credentials" | "parameters">;
export const BINDING_SHOWN = [
  "service_credential_bindings.id",
  "service_credential_bindings.guid",
  "service_credential_bindings.created_at",
  "service_credential_bindings.updated_at",
  "service_credential_bindings.type",
  "service_credential_bindings.name",
  "service_credential_bindings.service_instance_guid",
  "service_credential_bindings.app_guid",
  "service_credential_bindings.syslog_drain_url",
  "service_credential_bindings.volume_mounts",
  "service_credential_bindings.last_operation",
] as const;

/** CC: presenters/v3/service_credential_binding_presenter.rb */
export async function presentBindings(api: CcApi, bindings: readonly ShownBinding[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "service_credential_binding",
    bindings.map(({ guid }) => guid),
  );
  const isManaged = await managedAmong(
    api.db,
    bindings.map((binding) => binding.service_instance_guid),
  );
  const { links } = api;
  return bindings.map((binding) => {
    const path = `/v3/service_credential_bindings/${binding.guid}`;
    const app = binding.app_guid;
    const instance = binding.service_instance_guid;
    return {
      guid: binding.guid,
      created_at: presentTime(binding.created_at),
      updated_at: presentTime(binding.updated_at),
      name: binding.name,
      type: binding.type,
      last_operation: presentBindingOperation(binding),
      metadata: metadata(binding.guid),
      relationships: {
        service_instance: { data: { guid: instance } },
        ...(app === null ? {} : { app: { data: { guid: app } } }),
      },
      links: {
        self: links.to(path),
        details: links.to(`${path}/details`),
        service_instance: links.to(`/v3/service_instances/${instance}`),
        ...(isManaged.has(instance) ? { parameters: links.to(`${path}/parameters`) } : {}),
        ...(app === null ? {} : { app: links.to(`/v3/apps/${app}`) }),
      },
    };
  });
}

/** `included`, when something was asked for. CC: decorators/include_binding_*.rb */
export async function included(
  api: CcApi,
  include: readonly string[],
  bindings: readonly ShownBinding[],
): Promise<object> {
  if (include.length === 0) return {};
  const parts: Record<string, object[]> = {};
  if (include.includes("app")) {
    const guids = bindings.flatMap((binding) => binding.app_guid ?? []);
    const apps =
      guids.length === 0
        ? []
        : await api.db
            .selectFrom("apps")
            .where("guid", "in", guids)
            .orderBy("created_at")
            .orderBy("guid")
            .select(APP_SHOWN)
            .execute();
    const metadata = await metadataOf(
      api.db,
      "app",
      apps.map(({ guid }) => guid),
    );
    parts["apps"] = apps.map((app) => presentApp(app, metadata(app.guid), api.links));
  }
  if (include.includes("service_instance")) {
    parts["service_instances"] = await includedInstances(
      api,
      bindings.map((binding) => binding.service_instance_guid),
    );
  }
  return { included: parts };
}
