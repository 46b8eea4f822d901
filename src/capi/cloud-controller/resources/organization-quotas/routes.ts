import { z } from "zod";
import { isUniqueViolation } from "../../../../kit/database.ts";
import { ORGANIZATION_READERS } from "../../access.ts";
import { organizationRoleGuids } from "../../access-store.ts";
import { accepted, created, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { type Actor, actorOf } from "../../audit-events.ts";
import { notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { DOMAIN_LIMITS, limitColumns, NO_LIMITS, QUOTA_LIMITS, quotaName, reservedPortsFit } from "../../quota-body.ts";
import { listed, presentToMany, TO_MANY_BODY } from "../../relationship.ts";
import { parseBody, relationships, toMany } from "../../validation.ts";
import { type OrganizationQuota, presentOrganizationQuotas } from "./present.ts";
import { organizationsWithUnlimitedLogRate, unlimitedLogRateText } from "./unlimited-log-rate.ts";

const QUOTAS_LIST: ListSpec = { filters: { names: "list", organization_guids: "list" } };
const QUOTA_UPDATE = z.strictObject({ name: quotaName().optional(), ...QUOTA_LIMITS, domains: DOMAIN_LIMITS });
const QUOTA_CREATE = z.strictObject({
  name: quotaName(),
  ...QUOTA_LIMITS,
  domains: DOMAIN_LIMITS,
  relationships: relationships({ organizations: toMany("organizations").optional() }).optional(),
});
const PORTS_TEXT =
  "Total reserved ports must be -1, 0, or a positive integer, and must be less than or equal to total routes.";

/** Registers `/v3/organization_quotas`. CC: controllers/v3/organization_quotas_controller.rb */
export function organizationQuotas(api: CcApi): void {
  api.get("/v3/organization_quotas", index(api));
  api.post("/v3/organization_quotas", create(api));
  api.get("/v3/organization_quotas/:guid", async ({ params, access }) => {
    const [document] = await presentOrganizationQuotas(api, access, [await find(api, params["guid"]!)]);
    return ok(document!);
  });
  api.patch("/v3/organization_quotas/:guid", update(api));
  api.delete("/v3/organization_quotas/:guid", destroy(api));
  api.post("/v3/organization_quotas/:guid/relationships/organizations", apply(api));
  api.job("organization_quota.delete", async ({ resourceGuid, actor }) => {
    await api.transaction(async (trx) => {
      const quota = await trx
        .deleteFrom("organization_quotas")
        .where("guid", "=", resourceGuid)
        .returningAll()
        .executeTakeFirst();
      if (quota !== undefined) await record(api, trx, "delete", quota, actor, {});
    });
    return undefined;
  });
}

async function find(api: CcApi, guid: string): Promise<OrganizationQuota> {
  const quota = await api.db.selectFrom("organization_quotas").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (quota === undefined) throw notFound("Organization quota");
  return quota;
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(QUOTAS_LIST, query);
    let rows = api.db.selectFrom("organization_quotas").selectAll("organization_quotas");
    const organizations = api.db.selectFrom("organizations").select("organizations.quota_guid");
    if (!access.readsAll) {
      const mine = organizationRoleGuids(api.db, access, ORGANIZATION_READERS);
      rows = rows.where("guid", "in", organizations.where("organizations.guid", "in", mine));
    }
    const names = list.list("names");
    if (names !== null) rows = rows.where("name", "in", names);
    const guids = list.list("organization_guids");
    if (guids !== null) rows = rows.where("guid", "in", organizations.where("organizations.guid", "in", guids));
    const page = await readPage(rows, "organization_quotas", list);
    return ok(presentPage(api.links, path, list, page.total, await presentOrganizationQuotas(api, access, page.rows)));
  };
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(QUOTA_CREATE, body);
    const guids = wanted.relationships?.organizations ?? [];
    const quota = await api
      .transaction(async (trx) => {
        const row = await trx
          .insertInto("organization_quotas")
          .values({
            ...api.stamp(),
            name: wanted.name,
            ...checked({ ...NO_LIMITS, ...limitColumns(wanted) }),
            total_domains: wanted.domains?.total_domains ?? -1,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await assign(
          trx,
          row.guid,
          guids,
          (missing) => `Organizations with guids ${missing} do not exist, or you do not have access to them.`,
        );
        await record(api, trx, "create", row, actorOf(caller), { request: body as object });
        return row;
      })
      .catch(renameClash(wanted.name));
    const [document] = await presentOrganizationQuotas(api, access, [quota]);
    return created(document!);
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(QUOTA_UPDATE, body);
    const quota = await find(api, params["guid"]!);
    const columns = limitColumns(wanted);
    if ((columns.log_rate_limit_in_bytes_per_second ?? -1) !== -1) {
      const names = await organizationsWithUnlimitedLogRate(api.db, quota.guid);
      if (names.length > 0) throw unprocessable(unlimitedLogRateText("org", names));
    }
    const changed = await api
      .transaction(async (trx) => {
        checked({ ...quota, ...columns });
        const total = wanted.domains?.total_domains;
        const row = await trx
          .updateTable("organization_quotas")
          .set({
            ...columns,
            ...(wanted.name === undefined ? {} : { name: wanted.name }),
            ...(total === undefined ? {} : { total_domains: total ?? -1 }),
            updated_at: api.nowMs(),
          })
          .where("guid", "=", quota.guid)
          .returningAll()
          .executeTakeFirstOrThrow();
        await record(api, trx, "update", row, actorOf(caller), { request: body as object });
        return row;
      })
      .catch(renameClash(wanted.name ?? quota.name));
    const [document] = await presentOrganizationQuotas(api, access, [changed]);
    return ok(document!);
  };
}

function destroy(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    if (!access.admin) throw notAuthorized();
    const quota = await find(api, params["guid"]!);
    const used = await api.db
      .selectFrom("organizations")
      .where("quota_guid", "=", quota.guid)
      .select("guid")
      .executeTakeFirst();
    if (used !== undefined) {
      throw unprocessable(
        "This quota is applied to one or more organizations. Apply different quotas to those organizations before deleting.",
      );
    }
    const job = await api.enqueue({
      operation: "organization_quota.delete",
      resourceType: "organization_quota",
      resourceGuid: quota.guid,
      actor: actorOf(caller),
    });
    return accepted(job);
  };
}

function apply(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    if (!access.admin) throw notAuthorized();
    const guids = parseBody(TO_MANY_BODY, body);
    const quota = await find(api, params["guid"]!);
    await api.transaction(async (trx) => {
      const names = await assign(
        trx,
        quota.guid,
        guids,
        (missing) => `Organizations with guids ${missing} do not exist`,
      );
      if (quota.log_rate_limit_in_bytes_per_second !== -1) {
        if ((await organizationsWithUnlimitedLogRate(trx, quota.guid)).length > 0) {
          throw unprocessable(
            "Current usage exceeds new quota values. The org(s) being assigned this quota contain apps running with an unlimited log rate limit.",
          );
        }
      }
      for (const guid of guids) {
        const facts = { organization_guid: guid, organization_name: names.get(guid) };
        await record(api, trx, "apply", quota, actorOf(caller), facts, guid);
      }
    });
    const rows = await api.db
      .selectFrom("organizations")
      .where("quota_guid", "=", quota.guid)
      .orderBy("id")
      .select("guid")
      .execute();
    return ok(
      presentToMany(
        api.links,
        `/v3/organization_quotas/${quota.guid}`,
        "organizations",
        rows.map(({ guid }) => guid),
        false,
      ),
    );
  };
}

/** Gives the organizations' names by guid. */
async function assign(
  trx: CcApi["db"],
  quotaGuid: string,
  guids: readonly string[],
  missingText: (guids: string) => string,
): Promise<ReadonlyMap<string, string>> {
  if (guids.length === 0) return new Map();
  const found = await trx
    .updateTable("organizations")
    .set({ quota_guid: quotaGuid })
    .where("guid", "in", guids)
    .returning(["guid", "name"])
    .execute();
  const names = new Map(found.map(({ guid, name }) => [guid, name]));
  const missing = guids.filter((guid) => !names.has(guid));
  if (missing.length > 0) throw unprocessable(missingText(listed(missing)));
  return names;
}

function checked<T extends { total_routes: number; total_reserved_ports: number }>(columns: T): T {
  if (!reservedPortsFit(columns)) throw unprocessable(PORTS_TEXT);
  return columns;
}

function renameClash(name: string): (error: unknown) => never {
  return (error) => {
    if (!isUniqueViolation(error, "organization_quotas.name")) throw error;
    throw unprocessable(`Organization Quota '${name}' already exists.`);
  };
}

/** CC: repositories/organization_quota_event_repository.rb */
async function record(
  api: CcApi,
  trx: CcApi["db"],
  action: "create" | "update" | "delete" | "apply",
  quota: OrganizationQuota,
  actor: Actor,
  data: object,
  organizationGuid: string | null = null,
): Promise<void> {
  await api.event(trx, {
    type: `audit.organization_quota.${action}`,
    actor,
    target: { guid: quota.guid, type: "organization_quota", name: quota.name },
    organizationGuid,
    spaceGuid: null,
    data,
  });
}
