import { noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery } from "../../list-query.ts";
import { presentToMany, TO_MANY_BODY } from "../../relationship.ts";
import { SHARED_SEGMENT } from "../../store/seed.ts";
import { parseBody } from "../../validation.ts";
import { ORGANIZATIONS_LIST } from "../organizations/list.ts";
import { presentOrganizations } from "../organizations/present.ts";
import { readersOf, visibleSegment } from "./visible-segment.ts";

/** Registers which organizations may use a segment. CC: actions/isolation_segment_assign.rb, isolation_segment_unassign.rb */
export function entitlements(api: CcApi): void {
  const path = "/v3/isolation_segments/:guid/relationships";
  api.get(`${path}/organizations`, async ({ params, access }) => {
    const segment = await visibleSegment(api, access, params["guid"]!);
    let rows = entitled(api, segment.guid).select("organizations.guid");
    const { organizations } = readersOf(api, access);
    if (organizations !== null) rows = rows.where("organizations.guid", "in", organizations);
    return ok(
      presentToMany(
        api.links,
        `/v3/isolation_segments/${segment.guid}`,
        "organizations",
        guidsOf(await rows.execute()),
      ),
    );
  });
  api.get(`${path}/spaces`, async ({ params, access }) => {
    const segment = await visibleSegment(api, access, params["guid"]!);
    let rows = api.db
      .selectFrom("spaces")
      .where("isolation_segment_guid", "=", segment.guid)
      .orderBy("id")
      .select("guid");
    const { spaces } = readersOf(api, access);
    if (spaces !== null) rows = rows.where("guid", "in", spaces);
    return ok(
      presentToMany(
        api.links,
        `/v3/isolation_segments/${segment.guid}`,
        "spaces",
        guidsOf(await rows.execute()),
        false,
      ),
    );
  });
  api.get("/v3/isolation_segments/:guid/organizations", async ({ params, query, access, path: requested }) => {
    const segment = await visibleSegment(api, access, params["guid"]!);
    const list = parseListQuery(ORGANIZATIONS_LIST, query);
    let rows = entitled(api, segment.guid).selectAll("organizations");
    const { organizations } = readersOf(api, access);
    if (organizations !== null) rows = rows.where("organizations.guid", "in", organizations);
    const names = list.list("names");
    if (names !== null) rows = rows.where("organizations.name", "in", names);
    const page = await readPage(rows.clearOrderBy(), "organizations", list, { owner: "organization" });
    return ok(presentPage(api.links, requested, list, page.total, await presentOrganizations(api, page.rows)));
  });
  api.post(`${path}/organizations`, assign(api));
  api.delete(`${path}/organizations/:org_guid`, unassign(api));
}

function guidsOf(rows: readonly { readonly guid: string }[]): string[] {
  return rows.map(({ guid }) => guid);
}

function entitled(api: CcApi, segmentGuid: string) {
  return api.db
    .selectFrom("organizations")
    .where(
      "organizations.guid",
      "in",
      api.db
        .selectFrom("isolation_segment_organizations")
        .where("isolation_segment_guid", "=", segmentGuid)
        .select("organization_guid"),
    )
    .orderBy("organizations.id");
}

function assign(api: CcApi): Handler {
  return async ({ params, body, access }) => {
    if (!access.admin) throw notAuthorized();
    const segment = await visibleSegment(api, access, params["guid"]!);
    const guids = parseBody(TO_MANY_BODY, body);
    await api.transaction(async (trx) => {
      const found = await trx.selectFrom("organizations").where("guid", "in", guids).selectAll().execute();
      const missing = guids.filter((guid) => !found.some((organization) => organization.guid === guid));
      if (missing.length > 0) {
        const list = missing.map((guid) => `'${guid}'`).join(", ");
        throw unprocessable(
          `Unable to entitle organizations [${list}] for the isolation segment. Ensure the organizations exist.`,
        );
      }
      for (const organization of found) {
        await trx
          .insertInto("isolation_segment_organizations")
          .values({ isolation_segment_guid: segment.guid, organization_guid: organization.guid })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        if (segment.guid !== SHARED_SEGMENT.guid || organization.default_isolation_segment_guid !== null) continue;
        await trx
          .updateTable("organizations")
          .set({ default_isolation_segment_guid: segment.guid })
          .where("guid", "=", organization.guid)
          .execute();
      }
    });
    const rows = await entitled(api, segment.guid).select("organizations.guid").execute();
    return ok(presentToMany(api.links, `/v3/isolation_segments/${segment.guid}`, "organizations", guidsOf(rows)));
  };
}

function unassign(api: CcApi): Handler {
  return async ({ params, access }) => {
    if (!access.admin) throw notAuthorized();
    const segment = await visibleSegment(api, access, params["guid"]!);
    await api.transaction(async (trx) => {
      const organization = await trx
        .selectFrom("organizations")
        .where("guid", "=", params["org_guid"]!)
        .selectAll()
        .executeTakeFirst();
      if (organization === undefined) throw notFound("Org");
      if (organization.default_isolation_segment_guid === segment.guid) {
        throw unprocessable(
          "Cannot remove the entitlement while this Isolation Segment is assigned as the Default Isolation Segment for the Organization.",
        );
      }
      const spaces = await trx
        .selectFrom("spaces")
        .where("isolation_segment_guid", "=", segment.guid)
        .where("organization_guid", "=", organization.guid)
        .select("name")
        .execute();
      if (spaces.length > 0) {
        const names = spaces.map(({ name }) => `'${name}'`).join(", ");
        throw unprocessable(
          `Cannot remove the entitlement while this Isolation Segment is assigned to any Spaces. Currently assigned to: ${names}`,
        );
      }
      await trx
        .deleteFrom("isolation_segment_organizations")
        .where("isolation_segment_guid", "=", segment.guid)
        .where("organization_guid", "=", organization.guid)
        .execute();
    });
    return noContent();
  };
}
