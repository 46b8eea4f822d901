import { isUniqueViolation } from "../../../../kit/database.ts";
import { ORGANIZATION_READERS } from "../../access.ts";
import { organizationGuidsWith } from "../../access-store.ts";
import { accepted, created, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { notAuthorized, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery } from "../../list-query.ts";
import { changeMetadata } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { type Organization, requireOrganizationWrite, visibleOrganization } from "../../visible.ts";
import { ORGANIZATION_CREATE, ORGANIZATION_UPDATE } from "./body.ts";
import { defaultIsolationSegment } from "./default-isolation-segment.ts";
import { deleteOrganization } from "./delete.ts";
import { ORGANIZATIONS_LIST } from "./list.ts";
import { presentOrganizations } from "./present.ts";

/** Registers `/v3/organizations`. */
export function organizations(api: CcApi): void {
  api.get("/v3/organizations", index(api));
  api.post("/v3/organizations", create(api));
  api.get("/v3/organizations/:guid", async ({ params, access }) =>
    ok(await present(api, await visibleOrganization(api, access, params["guid"]!))),
  );
  api.patch("/v3/organizations/:guid", update(api));
  api.delete("/v3/organizations/:guid", async ({ params, access, caller }) => {
    const organization = await visibleOrganization(api, access, params["guid"]!);
    if (!access.admin) throw notAuthorized();
    return accepted(
      await api.enqueue({
        operation: "organization.delete",
        resourceType: "organization",
        resourceGuid: organization.guid,
        actor: actorOf(caller),
      }),
    );
  });
  api.job("organization.delete", deleteOrganization(api));
  defaultIsolationSegment(api);
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(ORGANIZATIONS_LIST, query);
    let rows = api.db.selectFrom("organizations").selectAll("organizations");
    if (!access.readsAll) rows = rows.where("guid", "in", organizationGuidsWith(api.db, access, ORGANIZATION_READERS));
    const names = list.list("names");
    if (names !== null) rows = rows.where("name", "in", names);
    const page = await readPage(rows, "organizations", list, { owner: "organization" });
    const resources = await presentOrganizations(api, page.rows);
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    if (!access.admin && !(await api.featureFlags.enabled("user_org_creation", access))) throw notAuthorized();
    const wanted = parseBody(ORGANIZATION_CREATE, body);
    if (wanted.suspended === true && !access.admin) throw notAuthorized();
    const organization = await api
      .transaction(async (trx) => {
        const quota = await trx
          .selectFrom("organization_quotas")
          .where("name", "=", "default")
          .select("guid")
          .executeTakeFirst();
        if (quota === undefined) throw unprocessable("Quota Definition is invalid");
        const row = await trx
          .insertInto("organizations")
          .values({
            ...api.stamp(),
            name: wanted.name,
            status: wanted.suspended === true ? "suspended" : "active",
            quota_guid: quota.guid,
            default_isolation_segment_guid: null,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "organization", row.guid, wanted.metadata, api.config.limits);
        await recordChange(api, "create", row, actorOf(caller), body as object, trx);
        // Who made it manages it.
        for (const type of access.admin ? [] : (["organization_user", "organization_manager"] as const)) {
          await trx
            .insertInto("roles")
            .values({ ...api.stamp(), type, user_guid: caller.guid, organization_guid: row.guid, space_guid: null })
            .execute();
        }
        return row;
      })
      .catch((error) => {
        if (!isUniqueViolation(error, "organizations.name")) throw error;
        throw unprocessable(`Organization '${wanted.name}' already exists.`);
      });
    return created(await present(api, organization));
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    const organization = await visibleOrganization(api, access, params["guid"]!);
    requireOrganizationWrite(access, organization, access.canWriteOrganization(organization.guid));
    const wanted = parseBody(ORGANIZATION_UPDATE, body);
    if (wanted.suspended === true && !access.admin) throw notAuthorized();
    if (typeof wanted.suspended === "boolean" && organization.status === "deleting") {
      throw unprocessable(`Organization '${organization.name}' is being deleted and cannot be updated.`);
    }
    const changed = await api
      .transaction(async (trx) => {
        const row = await trx
          .updateTable("organizations")
          .set({
            updated_at: api.nowMs(),
            ...(typeof wanted.name === "string" ? { name: wanted.name } : {}),
            ...(typeof wanted.suspended === "boolean" ? { status: wanted.suspended ? "suspended" : "active" } : {}),
          })
          .where("guid", "=", organization.guid)
          .returningAll()
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "organization", row.guid, wanted.metadata, api.config.limits);
        await recordChange(api, "update", row, actorOf(caller), body as object, trx);
        return row;
      })
      .catch((error) => {
        if (!isUniqueViolation(error, "organizations.name")) throw error;
        throw unprocessable(`Organization name '${wanted.name}' is already taken.`);
      });
    return ok(await present(api, changed));
  };
}

async function recordChange(
  api: CcApi,
  action: "create" | "update",
  organization: Organization,
  actor: ReturnType<typeof actorOf>,
  request: object,
  trx: CcApi["db"],
): Promise<void> {
  await api.event(trx, {
    type: `audit.organization.${action}`,
    actor,
    target: { guid: organization.guid, type: "organization", name: organization.name },
    organizationGuid: organization.guid,
    spaceGuid: null,
    data: { request },
  });
}

async function present(api: CcApi, organization: Organization): Promise<object> {
  const [document] = await presentOrganizations(api, [organization]);
  return document!;
}
