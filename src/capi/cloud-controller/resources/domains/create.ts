import { isUniqueViolation } from "../../../../kit/database.ts";
import type { Access } from "../../access.ts";
import { created } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { notAuthorized, unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import { routerGroup } from "../../router-groups.ts";
import { parseBody } from "../../validation.ts";
import { type Organization, requireOrganizationWrite } from "../../visible.ts";
import { SYSTEM_HOSTNAMES } from "../routes/system-hostnames.ts";
import { announceDomains } from "./announce.ts";
import { DOMAIN_CREATE } from "./body.ts";
import { overlapText } from "./overlap.ts";
import { presentDomains } from "./present.ts";
import { requireShareable } from "./share.ts";

/** CC: controllers/v3/domains_controller.rb, actions/domain_create.rb */
export function createDomain(api: CcApi): Handler {
  return async ({ body, access }) => {
    const wanted = parseBody(DOMAIN_CREATE, body);
    const related = wanted.relationships;
    const owner = related === undefined ? null : await owningOrganization(api, access, related.organization ?? "");
    const shared = related?.shared_organizations ?? [];
    if (owner === null && !access.admin) throw notAuthorized();
    if (owner !== null) await requireShareable(api, access, shared, owner.guid);
    const groupGuid = wanted.router_group?.guid ?? null;
    if (groupGuid !== null && routerGroup(api.config, groupGuid) === null) {
      throw unprocessable(`Router group with guid '${groupGuid}' not found.`);
    }
    const domain = await api
      .transaction(async (trx) => {
        const taken = await trx.selectFrom("domains").where("name", "=", wanted.name).select("guid").executeTakeFirst();
        if (taken !== undefined) throw unprocessable(takenText(wanted.name));
        const overlap = await overlapText(trx, wanted.name, owner?.guid ?? null);
        if (overlap !== null) throw unprocessable(overlap);
        if (owner !== null) await requirePrivateDomain(api, trx, wanted.name, owner);
        const row = await trx
          .insertInto("domains")
          .values({
            ...api.stamp(),
            name: wanted.name,
            owning_organization_guid: owner?.guid ?? null,
            internal: wanted.internal === true ? 1 : 0,
            router_group_guid: groupGuid,
            enforce_route_policies: wanted.enforce_route_policies === true ? 1 : 0,
            route_policies_scope: wanted.route_policies_scope ?? null,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "domain", row.guid, wanted.metadata, api.config.limits);
        for (const guid of new Set(shared)) {
          await trx
            .insertInto("domain_shared_organizations")
            .values({ domain_guid: row.guid, organization_guid: guid })
            .execute();
        }
        return row;
      })
      .catch((error) => {
        if (!isUniqueViolation(error, "domains.name")) throw error;
        throw unprocessable(takenText(wanted.name));
      });
    await announceDomains(api);
    const [document] = await presentDomains(api, access, [domain]);
    return created(document!);
  };
}

function takenText(name: string): string {
  return `The domain name "${name}" is already in use`;
}

async function owningOrganization(api: CcApi, access: Access, guid: string): Promise<Organization> {
  const organization = await api.db.selectFrom("organizations").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (organization === undefined) {
    throw unprocessable(`Organization with guid '${guid}' does not exist or you do not have access to it.`);
  }
  requireOrganizationWrite(access, organization, access.canWriteOrganization(guid));
  if (!access.admin) await api.featureFlags.require("private_domain_creation", access);
  return organization;
}

async function requirePrivateDomain(api: CcApi, trx: CcApi["db"], name: string, owner: Organization): Promise<void> {
  if (!name.includes(".")) {
    throw unprocessable(`The "${name}" domain is reserved and cannot be used for org-scoped domains.`);
  }
  const system = SYSTEM_HOSTNAMES.map((host) => `${host}.${api.config.externalDomain}`);
  if (system.includes(name.toLowerCase())) {
    throw unprocessable(
      `The domain name "${name}" cannot be created because "${name}" is already reserved by the system`,
    );
  }
  const quota = await trx
    .selectFrom("organization_quotas")
    .where("guid", "=", owner.quota_guid)
    .select("total_domains")
    .executeTakeFirst();
  const owned = await trx
    .selectFrom("domains")
    .where("owning_organization_guid", "=", owner.guid)
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  const most = quota?.total_domains ?? -1;
  if (most !== -1 && owned.n >= most) {
    throw unprocessable(`The number of private domains exceeds the quota for organization "${owner.name}"`);
  }
}
