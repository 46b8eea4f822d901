import type { CcApi } from "../../api/api.ts";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import { type Metadata, metadataOf } from "../../metadata.ts";
import { presentOperation } from "./last-operation.ts";
import type { ServiceInstance } from "./readable.ts";

/** `planVersion`: of the plan's maintenance info, null for none. CC: presenters/v3/service_instance_presenter.rb */
function documentOf(instance: ServiceInstance, planVersion: string | null, metadata: Metadata, links: Links): object {
  const path = `/v3/service_instances/${instance.guid}`;
  const of = `?service_instance_guids=${instance.guid}`;
  const plan = instance.service_plan_guid;
  const maintenance = JSON.parse(instance.maintenance_info) as { version?: string };
  const managed = instance.type === "managed" && plan !== null;
  return {
    guid: instance.guid,
    created_at: presentTime(instance.created_at),
    updated_at: presentTime(instance.updated_at),
    name: instance.name,
    tags: JSON.parse(instance.tags) as string[],
    last_operation: presentOperation(instance),
    type: instance.type,
    ...(managed
      ? {
          maintenance_info: maintenance,
          upgrade_available: (maintenance.version ?? null) !== planVersion,
          dashboard_url: instance.dashboard_url,
          ...(instance.broker_provided_metadata === null
            ? {}
            : { broker_provided_metadata: JSON.parse(instance.broker_provided_metadata) as object }),
        }
      : { syslog_drain_url: instance.syslog_drain_url, route_service_url: instance.route_service_url }),
    relationships: {
      space: { data: { guid: instance.space_guid } },
      ...(managed ? { service_plan: { data: { guid: plan } } } : {}),
    },
    metadata,
    links: {
      self: links.to(path),
      space: links.to(`/v3/spaces/${instance.space_guid}`),
      service_credential_bindings: links.to(`/v3/service_credential_bindings${of}`),
      service_route_bindings: links.to(`/v3/service_route_bindings${of}`),
      ...(managed
        ? {
            service_plan: links.to(`/v3/service_plans/${plan}`),
            parameters: links.to(`${path}/parameters`),
            shared_spaces: links.to(`${path}/relationships/shared_spaces`),
          }
        : { credentials: links.to(`${path}/credentials`) }),
    },
  };
}

export async function presentInstances(api: CcApi, instances: readonly ServiceInstance[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "service_instance",
    instances.map(({ guid }) => guid),
  );
  const planGuids = instances.flatMap((instance) => instance.service_plan_guid ?? []);
  const plans =
    planGuids.length === 0
      ? []
      : await api.db
          .selectFrom("service_plans")
          .where("guid", "in", planGuids)
          .select(["guid", "maintenance_info"])
          .execute();
  const byPlan = new Map(plans.map((plan) => [plan.guid, plan.maintenance_info]));
  return instances.map((instance) => {
    const maintenance = byPlan.get(instance.service_plan_guid ?? "") ?? "{}";
    const { version = null } = JSON.parse(maintenance) as { version?: string };
    return documentOf(instance, version, metadata(instance.guid), api.links);
  });
}

export async function presentInstance(api: CcApi, instance: ServiceInstance): Promise<object> {
  const [document] = await presentInstances(api, [instance]);
  return document!;
}

/** For `included.service_instances`. */
export async function includedInstances(api: CcApi, guids: readonly string[]): Promise<object[]> {
  if (guids.length === 0) return [];
  const rows = await api.db
    .selectFrom("service_instances")
    .where("guid", "in", [...new Set(guids)])
    .orderBy("created_at")
    .orderBy("guid")
    .selectAll()
    .execute();
  return presentInstances(api, rows);
}
