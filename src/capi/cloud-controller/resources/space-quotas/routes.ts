import { z } from "zod";
import { isUniqueViolation } from "../../../../kit/database.ts";
import { type Access, SPACE_MEMBERS } from "../../access.ts";
import { organizationRoleGuids, spaceGuidsWith } from "../../access-store.ts";
import { accepted, created, noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { type Actor, actorOf } from "../../audit-events.ts";
import { notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { limitColumns, NO_LIMITS, QUOTA_LIMITS, quotaName } from "../../quota-body.ts";
import { listed, presentToMany, TO_MANY_BODY } from "../../relationship.ts";
import { parseBody, relationships, toMany, toOneRequired } from "../../validation.ts";
import { requireOrganizationWrite } from "../../visible.ts";
import { spacesWithUnlimitedLogRate, unlimitedLogRateText } from "../organization-quotas/unlimited-log-rate.ts";
import { presentSpaceQuotas, type SpaceQuota } from "./present.ts";
import { requireReservedPorts } from "./reserved-ports.ts";

const QUOTAS_LIST: ListSpec = {
  filters: { names: "list", organization_guids: "list", space_guids: "list" },
  mistakesAre: "UnprocessableEntity",
};
const QUOTA_UPDATE = z.strictObject({ name: quotaName().optional(), ...QUOTA_LIMITS });
const QUOTA_CREATE = z.strictObject({
  name: quotaName(),
  ...QUOTA_LIMITS,
  relationships: relationships({ organization: toOneRequired("organization"), spaces: toMany("spaces").optional() }),
});

/** Registers `/v3/space_quotas`. CC: controllers/v3/space_quotas_controller.rb */
export function spaceQuotas(api: CcApi): void {
  api.get("/v3/space_quotas", index(api));
  api.post("/v3/space_quotas", create(api));
  api.get("/v3/space_quotas/:guid", async ({ params, access }) => {
    const [document] = await presentSpaceQuotas(api, access, [await visible(api, access, params["guid"]!)]);
    return ok(document!);
  });
  api.patch("/v3/space_quotas/:guid", update(api));
  api.delete("/v3/space_quotas/:guid", destroy(api));
  api.post("/v3/space_quotas/:guid/relationships/spaces", apply(api));
  api.delete("/v3/space_quotas/:guid/relationships/spaces/:space_guid", remove(api));
  api.job("space_quota.delete", async ({ resourceGuid, actor }) => {
    await api.transaction(async (trx) => {
      const quota = await trx
        .deleteFrom("space_quotas")
        .where("guid", "=", resourceGuid)
        .returningAll()
        .executeTakeFirst();
      if (quota !== undefined) await record(api, trx, "delete", quota, actor, {});
    });
    return undefined;
  });
}

function readable(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("space_quotas").selectAll("space_quotas");
  if (access.readsAll) return rows;
  return rows.where((eb) =>
    eb.or([
      eb(
        "space_quotas.guid",
        "in",
        eb
          .selectFrom("spaces")
          .where("spaces.guid", "in", spaceGuidsWith(api.db, access, SPACE_MEMBERS))
          .where("spaces.space_quota_guid", "is not", null)
          .select("spaces.space_quota_guid"),
      ),
      eb("space_quotas.organization_guid", "in", organizationRoleGuids(api.db, access, ["organization_manager"])),
    ]),
  );
}

async function visible(api: CcApi, access: Access, guid: string): Promise<SpaceQuota> {
  const quota = await readable(api, access).where("space_quotas.guid", "=", guid).executeTakeFirst();
  if (quota === undefined) throw notFound("Space quota");
  return quota;
}

/** A quota that the caller may change. */
async function writable(api: CcApi, { params, access }: CcRequest): Promise<SpaceQuota> {
  const quota = await visible(api, access, params["guid"]!);
  const organization = await api.db
    .selectFrom("organizations")
    .where("guid", "=", quota.organization_guid)
    .selectAll()
    .executeTakeFirstOrThrow();
  requireOrganizationWrite(access, organization, access.canWriteOrganization(organization.guid));
  return quota;
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(QUOTAS_LIST, query);
    let rows = readable(api, access);
    const names = list.list("names");
    if (names !== null) rows = rows.where("space_quotas.name", "in", names);
    const organizationGuids = list.list("organization_guids");
    if (organizationGuids !== null) rows = rows.where("space_quotas.organization_guid", "in", organizationGuids);
    const spaceGuids = list.list("space_guids");
    if (spaceGuids !== null) {
      const applied = api.db
        .selectFrom("spaces")
        .where("spaces.guid", "in", spaceGuids)
        .select("spaces.space_quota_guid");
      rows = rows.where("space_quotas.guid", "in", applied);
    }
    const page = await readPage(rows, "space_quotas", list);
    return ok(presentPage(api.links, path, list, page.total, await presentSpaceQuotas(api, access, page.rows)));
  };
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    const wanted = parseBody(QUOTA_CREATE, body);
    const organizationGuid = wanted.relationships.organization;
    const organization = await api.db
      .selectFrom("organizations")
      .where("guid", "=", organizationGuid)
      .selectAll()
      .executeTakeFirst();
    if (organization === undefined) {
      throw unprocessable(
        `Organization with guid '${organizationGuid}' does not exist, or you do not have access to it.`,
      );
    }
    requireOrganizationWrite(access, organization, access.canWriteOrganization(organization.guid));
    const quota = await api
      .transaction(async (trx) => {
        const columns = { ...NO_LIMITS, ...limitColumns(wanted) };
        await requireReservedPorts(trx, organization.quota_guid, columns);
        const row = await trx
          .insertInto("space_quotas")
          .values({ ...api.stamp(), name: wanted.name, organization_guid: organization.guid, ...columns })
          .returningAll()
          .executeTakeFirstOrThrow();
        const guids = wanted.relationships.spaces ?? [];
        const found = await assign(trx, row.guid, guids, organization.guid);
        const missing = guids.filter((guid) => !found.some((space) => space.guid === guid));
        if (missing.length > 0) {
          throw unprocessable(
            `Spaces with guids ${listed(missing)} do not exist within the organization specified, or you do not have access to them.`,
          );
        }
        await record(api, trx, "create", row, actorOf(caller), { request: body as object });
        return row;
      })
      .catch(renameClash(wanted.name));
    const [document] = await presentSpaceQuotas(api, access, [quota]);
    return created(document!);
  };
}

function update(api: CcApi): Handler {
  return async (request) => {
    const quota = await writable(api, request);
    const wanted = parseBody(QUOTA_UPDATE, request.body);
    const columns = limitColumns(wanted);
    if ((columns.log_rate_limit_in_bytes_per_second ?? -1) !== -1) {
      const names = await spacesWithUnlimitedLogRate(api.db, quota.guid);
      if (names.length > 0) throw unprocessable(unlimitedLogRateText("space", names));
    }
    const changed = await api
      .transaction(async (trx) => {
        const organization = await trx
          .selectFrom("organizations")
          .where("guid", "=", quota.organization_guid)
          .select("quota_guid")
          .executeTakeFirstOrThrow();
        await requireReservedPorts(trx, organization.quota_guid, { ...quota, ...columns });
        const row = await trx
          .updateTable("space_quotas")
          .set({ ...columns, ...(wanted.name === undefined ? {} : { name: wanted.name }), updated_at: api.nowMs() })
          .where("guid", "=", quota.guid)
          .returningAll()
          .executeTakeFirstOrThrow();
        await record(api, trx, "update", row, actorOf(request.caller), { request: request.body as object });
        return row;
      })
      .catch(renameClash(wanted.name ?? quota.name));
    const [document] = await presentSpaceQuotas(api, request.access, [changed]);
    return ok(document!);
  };
}

function destroy(api: CcApi): Handler {
  return async (request) => {
    const quota = await writable(api, request);
    const used = await api.db
      .selectFrom("spaces")
      .where("space_quota_guid", "=", quota.guid)
      .select("guid")
      .executeTakeFirst();
    if (used !== undefined) {
      throw unprocessable(
        "This quota is applied to one or more spaces. Remove this quota from all spaces before deleting.",
      );
    }
    const job = await api.enqueue({
      operation: "space_quota.delete",
      resourceType: "space_quota",
      resourceGuid: quota.guid,
      actor: actorOf(request.caller),
    });
    return accepted(job);
  };
}

function apply(api: CcApi): Handler {
  return async (request) => {
    const quota = await writable(api, request);
    const guids = parseBody(TO_MANY_BODY, request.body);
    await api.transaction(async (trx) => {
      const spaces = await trx
        .selectFrom("spaces")
        .where("guid", "in", guids)
        .select(["guid", "organization_guid"])
        .execute();
      const known = spaces.filter((space) => request.access.canReadSpace(space));
      const missing = guids.filter((guid) => !known.some((space) => space.guid === guid));
      if (missing.length > 0) {
        throw unprocessable(`Spaces with guids ${listed(missing)} do not exist, or you do not have access to them.`);
      }
      if (known.some((space) => space.organization_guid !== quota.organization_guid)) {
        throw unprocessable("Space quotas cannot be applied outside of their owning organization.");
      }
      const applied = await assign(trx, quota.guid, guids, quota.organization_guid);
      if (
        quota.log_rate_limit_in_bytes_per_second !== -1 &&
        (await spacesWithUnlimitedLogRate(trx, quota.guid)).length > 0
      ) {
        throw unprocessable(
          "Current usage exceeds new quota values. The space(s) being assigned this quota contain apps running with an unlimited log rate limit.",
        );
      }
      for (const { guid, name } of applied) {
        const facts = { space_guid: guid, space_name: name };
        await record(api, trx, "apply", quota, actorOf(request.caller), facts, guid);
      }
    });
    const rows = await api.db
      .selectFrom("spaces")
      .where("space_quota_guid", "=", quota.guid)
      .orderBy("id")
      .select("guid")
      .execute();
    const path = `/v3/space_quotas/${quota.guid}`;
    return ok(
      presentToMany(
        api.links,
        path,
        "spaces",
        rows.map(({ guid }) => guid),
        false,
      ),
    );
  };
}

function remove(api: CcApi): Handler {
  return async (request) => {
    const quota = await writable(api, request);
    const spaceGuid = request.params["space_guid"]!;
    await api.transaction(async (trx) => {
      const removed = await trx
        .updateTable("spaces")
        .set({ space_quota_guid: null })
        .where("guid", "=", spaceGuid)
        .where("space_quota_guid", "=", quota.guid)
        .returning("name")
        .executeTakeFirst();
      if (removed === undefined) {
        throw unprocessable(
          `Unable to remove quota from space with guid '${spaceGuid}'. Ensure the space quota is applied to this space.`,
        );
      }
      const facts = { space_guid: spaceGuid, space_name: removed.name };
      await record(api, trx, "remove", quota, actorOf(request.caller), facts, spaceGuid);
    });
    return noContent();
  };
}

async function assign(
  trx: CcApi["db"],
  quotaGuid: string,
  guids: readonly string[],
  organizationGuid: string,
): Promise<{ readonly guid: string; readonly name: string }[]> {
  if (guids.length === 0) return [];
  return await trx
    .updateTable("spaces")
    .set({ space_quota_guid: quotaGuid })
    .where("guid", "in", guids)
    .where("organization_guid", "=", organizationGuid)
    .returning(["guid", "name"])
    .execute();
}

function renameClash(name: string): (error: unknown) => never {
  return (error) => {
    if (!isUniqueViolation(error, "space_quotas.name")) throw error;
    throw unprocessable(`Space Quota '${name}' already exists.`);
  };
}

/** CC: repositories/space_quota_event_repository.rb */
async function record(
  api: CcApi,
  trx: CcApi["db"],
  action: "create" | "update" | "delete" | "apply" | "remove",
  quota: SpaceQuota,
  actor: Actor,
  data: object,
  spaceGuid: string | null = null,
): Promise<void> {
  await api.event(trx, {
    type: `audit.space_quota.${action}`,
    actor,
    target: { guid: quota.guid, type: "space_quota", name: quota.name },
    organizationGuid: quota.organization_guid,
    spaceGuid,
    data,
  });
}
