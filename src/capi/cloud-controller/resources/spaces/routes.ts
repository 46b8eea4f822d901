import { isUniqueViolation } from "../../../../kit/database.ts";
import { SPACE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import { accepted, created, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notAuthorized, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery, parseShowQuery } from "../../list-query.ts";
import { changeMetadata } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import {
  findOrganization,
  requireOrganizationWrite,
  requireSpaceWrite,
  type Space,
  visibleOrganization,
  visibleSpace,
} from "../../visible.ts";
import { includedOrganizations } from "../organizations/present.ts";
import { emptyOfServices } from "../service-instances/empty-space.ts";
import { SPACE_CREATE, SPACE_UPDATE } from "./body.ts";
import { deleteSpace } from "./delete.ts";
import { recordSpace } from "./events.ts";
import { spaceFeatures } from "./features.ts";
import { spaceIsolationSegment } from "./isolation-segment.ts";
import { SPACES_LIST } from "./list.ts";
import { presentSpaces } from "./present.ts";

/** Registers `/v3/spaces`. CC: controllers/v3/spaces_controller.rb */
export function spaces(api: CcApi): void {
  api.get("/v3/spaces", index(api));
  api.post("/v3/spaces", create(api));
  api.get("/v3/spaces/:guid", show(api));
  api.patch("/v3/spaces/:guid", update(api));
  api.delete("/v3/spaces/:guid", destroy(api));
  api.job("space.delete", async (job, signal) => {
    const space = await api.db.selectFrom("spaces").where("guid", "=", job.resourceGuid).selectAll().executeTakeFirst();
    if (space === undefined) return undefined;
    const refuse = (texts: readonly string[]): CcError =>
      new CcError("SpaceDeletionFailed", [space.name, texts.map((text) => `\t${text}`).join("\n\n")]);
    const waits = await emptyOfServices(api, job, [space.guid], refuse, signal);
    if (waits !== null) return waits;
    await deleteSpace(api, job.resourceGuid, job.actor, signal);
    return undefined;
  });
  spaceFeatures(api);
  spaceIsolationSegment(api);
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(SPACES_LIST, query);
    let rows = api.db.selectFrom("spaces").selectAll("spaces");
    if (!access.readsAll) rows = rows.where("spaces.guid", "in", spaceGuidsWith(api.db, access, SPACE_READERS));
    const names = list.list("names");
    if (names !== null) rows = rows.where("spaces.name", "in", names);
    const organizationGuids = list.list("organization_guids");
    if (organizationGuids !== null) rows = rows.where("spaces.organization_guid", "in", organizationGuids);
    const page = await readPage(rows, "spaces", list, { owner: "space" });
    const document = presentPage(api.links, path, list, page.total, await presentSpaces(api, page.rows));
    return ok({ ...document, ...(await included(api, list.include, page.rows)) });
  };
}

function show(api: CcApi): Handler {
  return async ({ params, query, access }) => {
    const space = await visibleSpace(api, access, params["guid"]!);
    const { include } = parseShowQuery({ include: SPACES_LIST.include }, query);
    return ok({ ...(await present(api, space)), ...(await included(api, include, [space])) });
  };
}

async function included(api: CcApi, include: readonly string[], rows: readonly Space[]): Promise<object> {
  if (include.length === 0) return {};
  const guids = rows.map((space) => space.organization_guid);
  return { included: { organizations: await includedOrganizations(api, guids) } };
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    const wanted = parseBody(SPACE_CREATE, body);
    const organization = await findOrganization(api, access, wanted.relationships.organization);
    if (organization === null) {
      throw unprocessable("Invalid organization. Ensure the organization exists and you have access to it.");
    }
    requireOrganizationWrite(access, organization, access.canWriteOrganization(organization.guid));
    const space = await api
      .transaction(async (trx) => {
        const row = await trx
          .insertInto("spaces")
          .values({
            ...api.stamp(),
            name: wanted.name,
            organization_guid: organization.guid,
            space_quota_guid: null,
            isolation_segment_guid: null,
            allow_ssh: 1,
            status: wanted.suspended === true ? "suspended" : "active",
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "space", row.guid, wanted.metadata, api.config.limits);
        await recordSpace(api, trx, "create", row, actorOf(caller), { request: body as object });
        return row;
      })
      .catch((error) => {
        if (!isUniqueViolation(error, "spaces.name")) throw error;
        throw unprocessable("Name must be unique per organization");
      });
    return created(await present(api, space));
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    const space = await visibleSpace(api, access, params["guid"]!);
    await requireSpaceWrite(api, access, space, access.canUpdateSpace(space));
    const wanted = parseBody(SPACE_UPDATE, body);
    if (typeof wanted.suspended === "boolean") {
      if (!access.canWriteOrganization(space.organization_guid)) throw notAuthorized();
      if (space.status === "deleting") {
        throw unprocessable(`Space '${space.name}' is being deleted and cannot be updated.`);
      }
    }
    const changed = await api
      .transaction(async (trx) => {
        const row = await trx
          .updateTable("spaces")
          .set({
            updated_at: api.nowMs(),
            ...(typeof wanted.name === "string" ? { name: wanted.name } : {}),
            ...(typeof wanted.suspended === "boolean" ? { status: wanted.suspended ? "suspended" : "active" } : {}),
          })
          .where("guid", "=", space.guid)
          .returningAll()
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "space", row.guid, wanted.metadata, api.config.limits);
        await recordSpace(api, trx, "update", row, actorOf(caller), { request: body as object });
        return row;
      })
      .catch(async (error) => {
        if (!isUniqueViolation(error, "spaces.name")) throw error;
        const organization = await visibleOrganization(api, access, space.organization_guid);
        throw unprocessable(`Organization '${organization.name}' already contains a space with name '${wanted.name}'.`);
      });
    return ok(await present(api, changed));
  };
}

function destroy(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const space = await visibleSpace(api, access, params["guid"]!);
    const organization = await api.db
      .selectFrom("organizations")
      .where("guid", "=", space.organization_guid)
      .selectAll()
      .executeTakeFirstOrThrow();
    requireOrganizationWrite(access, organization, access.canWriteOrganization(organization.guid));
    const job = await api.enqueue({
      operation: "space.delete",
      resourceType: "space",
      resourceGuid: space.guid,
      actor: actorOf(caller),
    });
    return accepted(job);
  };
}

async function present(api: CcApi, space: Space): Promise<object> {
  const [document] = await presentSpaces(api, [space]);
  return document!;
}
