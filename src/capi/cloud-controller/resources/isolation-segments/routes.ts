import { z } from "zod";
import { isUniqueViolation } from "../../../../kit/database.ts";
import { created, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { notAuthorized, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { changeMetadata, deleteMetadata, metadataOf } from "../../metadata.ts";
import { SHARED_SEGMENT } from "../../store/seed.ts";
import { metadata, parseBody } from "../../validation.ts";
import { entitlements } from "./entitlements.ts";
import { type IsolationSegment, readable, segmentsOf, visibleSegment } from "./visible-segment.ts";

const SEGMENTS_LIST: ListSpec = {
  filters: { names: "list", organization_guids: "list" },
  orderBy: ["name"],
  labelSelector: true,
};
const SEGMENT_CREATE = z.strictObject({ name: z.string().min(1), metadata: metadata() });
const SEGMENT_UPDATE = z.strictObject({ name: z.string().min(1).nullish(), metadata: metadata() });

/** Registers `/v3/isolation_segments`. CC: controllers/v3/isolation_segments_controller.rb */
export function isolationSegments(api: CcApi): void {
  api.get("/v3/isolation_segments", index(api));
  api.post("/v3/isolation_segments", create(api));
  api.get("/v3/isolation_segments/:guid", async ({ params, access }) =>
    ok(await present(api, await visibleSegment(api, access, params["guid"]!))),
  );
  api.patch("/v3/isolation_segments/:guid", update(api));
  api.delete("/v3/isolation_segments/:guid", destroy(api));
  entitlements(api);
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(SEGMENTS_LIST, query);
    let rows = readable(api, access);
    const names = list.list("names");
    if (names !== null) rows = rows.where("isolation_segments.name", "in", names);
    const organizationGuids = list.list("organization_guids");
    if (organizationGuids !== null) {
      const entitled = segmentsOf(api).where("organization_guid", "in", organizationGuids);
      rows = rows.where("isolation_segments.guid", "in", entitled);
    }
    const page = await readPage(rows, "isolation_segments", list, { owner: "isolation_segment" });
    return ok(presentPage(api.links, path, list, page.total, await presentAll(api, page.rows)));
  };
}

/** CC: presenters/v3/isolation_segment_presenter.rb */
async function presentAll(api: CcApi, segments: readonly IsolationSegment[]): Promise<object[]> {
  const labels = await metadataOf(
    api.db,
    "isolation_segment",
    segments.map(({ guid }) => guid),
  );
  return segments.map((segment) => {
    const path = `/v3/isolation_segments/${segment.guid}`;
    return {
      guid: segment.guid,
      created_at: presentTime(segment.created_at),
      updated_at: presentTime(segment.updated_at),
      name: segment.name,
      metadata: labels(segment.guid),
      links: { self: api.links.to(path), organizations: api.links.to(`${path}/organizations`) },
    };
  });
}

async function present(api: CcApi, segment: IsolationSegment): Promise<object> {
  const [document] = await presentAll(api, [segment]);
  return document!;
}

function create(api: CcApi): Handler {
  return async ({ body, access }) => {
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(SEGMENT_CREATE, body);
    const segment = await api
      .transaction(async (trx) => {
        const row = await trx
          .insertInto("isolation_segments")
          .values({ ...api.stamp(), name: wanted.name })
          .returningAll()
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "isolation_segment", row.guid, wanted.metadata, api.config.limits);
        return row;
      })
      .catch(nameClash);
    return created(await present(api, segment));
  };
}

function nameClash(error: unknown): never {
  if (!isUniqueViolation(error, "isolation_segments.name")) throw error;
  throw unprocessable("Isolation Segment names are case insensitive and must be unique");
}

function update(api: CcApi): Handler {
  return async ({ params, body, access }) => {
    if (!access.admin) throw notAuthorized();
    const segment = await visibleSegment(api, access, params["guid"]!);
    const wanted = parseBody(SEGMENT_UPDATE, body);
    if (segment.guid === SHARED_SEGMENT.guid) throw unprocessable("Cannot update the shared Isolation Segment");
    const changed = await api
      .transaction(async (trx) => {
        const organization = await trx
          .selectFrom("organizations")
          .where("default_isolation_segment_guid", "=", segment.guid)
          .select("guid")
          .executeTakeFirst();
        const space = await trx
          .selectFrom("spaces")
          .where("isolation_segment_guid", "=", segment.guid)
          .select("guid")
          .executeTakeFirst();
        if (organization !== undefined || space !== undefined) {
          throw unprocessable(
            "Cannot update Isolation Segments that are assigned as the default for an Organization or Space.",
          );
        }
        await changeMetadata(trx, "isolation_segment", segment.guid, wanted.metadata, api.config.limits);
        return trx
          .updateTable("isolation_segments")
          .set({ name: wanted.name ?? segment.name, updated_at: api.nowMs() })
          .where("guid", "=", segment.guid)
          .returningAll()
          .executeTakeFirstOrThrow();
      })
      .catch(nameClash);
    return ok(await present(api, changed));
  };
}

function destroy(api: CcApi): Handler {
  return async ({ params, access }) => {
    if (!access.admin) throw notAuthorized();
    const segment = await visibleSegment(api, access, params["guid"]!);
    if (segment.guid === SHARED_SEGMENT.guid) {
      throw unprocessable(`Cannot delete the ${segment.name} Isolation Segment`);
    }
    await api.transaction(async (trx) => {
      const entitled = await trx
        .selectFrom("isolation_segment_organizations")
        .where("isolation_segment_guid", "=", segment.guid)
        .select("organization_guid")
        .executeTakeFirst();
      if (entitled !== undefined) {
        throw unprocessable("Revoke the Organization entitlements for your Isolation Segment.");
      }
      await deleteMetadata(trx, "isolation_segment", [segment.guid]);
      await trx.deleteFrom("isolation_segments").where("guid", "=", segment.guid).execute();
    });
    return noContent();
  };
}
