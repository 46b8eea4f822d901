import type { Selectable } from "kysely";
import { type Access, ORGANIZATION_READERS, SPACE_READERS } from "../../access.ts";
import { organizationGuidsWith, spaceGuidsWith } from "../../access-store.ts";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { metadataOf } from "../../metadata.ts";
import type { RoutePoliciesTable } from "../../store/schema.ts";
import { presentApp } from "../apps/present.ts";
import { includedOrganizations } from "../organizations/present.ts";
import { presentRoutes } from "../routes/present.ts";
import { includedSpaces, readableSpaces } from "../spaces/present.ts";
import { sourceText } from "./source.ts";

export type RoutePolicy = Selectable<RoutePoliciesTable>;

/** The wire's plural and the name in relationships. */
const SOURCES = {
  app: ["apps", "app"],
  space: ["spaces", "space"],
  org: ["organizations", "organization"],
} as const;

/** CC: presenters/v3/route_policy_presenter.rb */
export async function presentRoutePolicies(api: CcApi, policies: readonly RoutePolicy[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "route_policy",
    policies.map(({ guid }) => guid),
  );
  const { links } = api;
  return policies.map((policy) => {
    const data = (type: string): object => ({
      data: policy.source_type === type ? { guid: policy.source_guid } : null,
    });
    const [plural, singular] = policy.source_type === "any" ? [null, ""] : SOURCES[policy.source_type];
    return {
      guid: policy.guid,
      created_at: presentTime(policy.created_at),
      updated_at: presentTime(policy.updated_at),
      source: sourceText(policy),
      metadata: metadata(policy.guid),
      relationships: {
        route: { data: { guid: policy.route_guid } },
        app: data("app"),
        space: data("space"),
        organization: data("org"),
      },
      links: {
        self: links.to(`/v3/route_policies/${policy.guid}`),
        route: links.to(`/v3/routes/${policy.route_guid}`),
        ...(plural === null ? {} : { [singular]: links.to(`/v3/${plural}/${policy.source_guid}`) }),
      },
    };
  });
}

/** `included` of policies. A source that is gone, or that the caller may not see, is left out. */
export async function includedWithPolicies(
  api: CcApi,
  access: Access,
  include: readonly string[],
  policies: readonly RoutePolicy[],
): Promise<object> {
  if (include.length === 0) return {};
  const included: Record<string, object[]> = {};
  if (include.includes("source")) {
    const guids = (type: string) => policies.filter((policy) => policy.source_type === type).map((p) => p.source_guid);
    included["apps"] = await sourceApps(api, access, guids("app"));
    included["spaces"] = await includedSpaces(api, await readableSpaces(api, access, guids("space")));
    included["organizations"] = await includedOrganizations(
      api,
      await readableOrganizations(api, access, guids("org")),
    );
  }
  if (include.includes("route")) {
    const routeGuids = [...new Set(policies.map((policy) => policy.route_guid))];
    const routes =
      routeGuids.length === 0
        ? []
        : await api.db.selectFrom("routes").where("guid", "in", routeGuids).orderBy("id").selectAll().execute();
    included["routes"] = await presentRoutes(api, routes);
  }
  return { included };
}

async function sourceApps(api: CcApi, access: Access, guids: readonly string[]): Promise<object[]> {
  if (guids.length === 0) return [];
  let rows = api.db.selectFrom("apps").where("guid", "in", guids).orderBy("id").selectAll();
  if (!access.readsAll) rows = rows.where("space_guid", "in", spaceGuidsWith(api.db, access, SPACE_READERS));
  const apps = await rows.execute();
  const metadata = await metadataOf(
    api.db,
    "app",
    apps.map(({ guid }) => guid),
  );
  return apps.map((app) => presentApp(app, metadata(app.guid), api.links));
}

async function readableOrganizations(api: CcApi, access: Access, guids: readonly string[]): Promise<readonly string[]> {
  if (access.readsAll || guids.length === 0) return guids;
  const readable = organizationGuidsWith(api.db, access, ORGANIZATION_READERS);
  const rows = await api.db
    .selectFrom("organizations")
    .where("guid", "in", guids)
    .where("guid", "in", readable)
    .select("guid")
    .execute();
  return rows.map(({ guid }) => guid);
}

/** For `included.route_policies` of routes. CC: decorators/include_route_policies_decorator.rb */
export async function includedRoutePolicies(api: CcApi, routeGuids: readonly string[]): Promise<object[]> {
  if (routeGuids.length === 0) return [];
  const rows = await api.db
    .selectFrom("route_policies")
    .where("route_guid", "in", [...new Set(routeGuids)])
    .orderBy("id")
    .selectAll()
    .execute();
  return presentRoutePolicies(api, rows);
}
