import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { metadataOf } from "../../metadata.ts";
import { presentRoutes } from "../routes/present.ts";
import { presentBindingOperation } from "../service-instances/last-operation.ts";
import { managedAmong } from "../service-instances/managed.ts";
import { includedInstances } from "../service-instances/present.ts";
import type { RouteBinding } from "./create.ts";

/** CC: presenters/v3/service_route_binding_presenter.rb */
export async function presentRouteBindings(api: CcApi, bindings: readonly RouteBinding[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "service_route_binding",
    bindings.map(({ guid }) => guid),
  );
  const isManaged = await managedAmong(
    api.db,
    bindings.map((binding) => binding.service_instance_guid),
  );
  const { links } = api;
  return bindings.map((binding) => {
    const path = `/v3/service_route_bindings/${binding.guid}`;
    return {
      guid: binding.guid,
      route_service_url: binding.route_service_url,
      created_at: presentTime(binding.created_at),
      updated_at: presentTime(binding.updated_at),
      last_operation: presentBindingOperation(binding),
      metadata: metadata(binding.guid),
      relationships: {
        service_instance: { data: { guid: binding.service_instance_guid } },
        route: { data: { guid: binding.route_guid } },
      },
      links: {
        self: links.to(path),
        service_instance: links.to(`/v3/service_instances/${binding.service_instance_guid}`),
        route: links.to(`/v3/routes/${binding.route_guid}`),
        ...(isManaged.has(binding.service_instance_guid) ? { parameters: links.to(`${path}/parameters`) } : {}),
      },
    };
  });
}

/** `included`, when something was asked for. */
export async function includedOf(
  api: CcApi,
  include: readonly string[],
  rows: readonly RouteBinding[],
): Promise<object> {
  if (include.length === 0) return {};
  const routeGuids = rows.map((row) => row.route_guid);
  const routes =
    include.includes("route") && routeGuids.length > 0
      ? await api.db
          .selectFrom("routes")
          .where("guid", "in", routeGuids)
          .orderBy("created_at")
          .orderBy("guid")
          .selectAll()
          .execute()
      : [];
  return {
    included: {
      ...(include.includes("route") ? { routes: await presentRoutes(api, routes) } : {}),
      ...(include.includes("service_instance")
        ? {
            service_instances: await includedInstances(
              api,
              rows.map((row) => row.service_instance_guid),
            ),
          }
        : {}),
    },
  };
}
