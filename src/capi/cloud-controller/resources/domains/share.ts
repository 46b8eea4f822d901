import type { Access } from "../../access.ts";
import { noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { CcError, notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { parseBody } from "../../validation.ts";
import { type Organization, requireOrganizationWrite } from "../../visible.ts";
import { SHARED_ORGANIZATIONS } from "./body.ts";
import { type Domain, readableDomains } from "./store.ts";

/** Every organization exists, is the caller's to write, is active and is not the owner. CC: verify_shared_organizations_guids! */
export async function requireShareable(
  api: CcApi,
  access: Access,
  guids: readonly string[],
  ownerGuid: string | null,
): Promise<void> {
  if (guids.length === 0) return;
  const organizations = await api.db.selectFrom("organizations").where("guid", "in", guids).selectAll().execute();
  const missing = guids.find((guid) => !organizations.some((organization) => organization.guid === guid));
  if (missing !== undefined) {
    throw unprocessable(`Organization with guid '${missing}' does not exist, or you do not have access to it.`);
  }
  for (const { guid, name, status } of organizations) {
    if (!access.canReadOrganization(guid)) {
      throw unprocessable(`Organization with guid '${guid}' either does not exist, or you do not have access to it.`);
    }
    if (!access.canWriteOrganization(guid)) {
      throw unprocessable(`You do not have sufficient permissions for organization '${name}' to share domain.`);
    }
    if (!access.admin && status !== "active") throw unprocessable(`Organization '${name}' is suspended.`);
  }
  if (ownerGuid !== null && guids.includes(ownerGuid)) {
    throw unprocessable("Domain cannot be shared with owning organization.");
  }
}

export async function visibleDomain(api: CcApi, access: Access, guid: string): Promise<Domain> {
  const domain = await readableDomains(api, access).where("domains.guid", "=", guid).executeTakeFirst();
  if (domain === undefined) throw notFound("Domain");
  return domain;
}

/** Only admins change shared domains; private ones belong to the managers of their organization. */
export async function requireDomainWrite(api: CcApi, access: Access, domain: Domain): Promise<void> {
  if (access.admin) return;
  if (domain.owning_organization_guid === null) throw notAuthorized();
  const owner = await organizationRow(api, domain.owning_organization_guid);
  requireOrganizationWrite(access, owner, access.canWriteOrganization(owner.guid));
}

async function organizationRow(api: CcApi, guid: string): Promise<Organization> {
  return api.db.selectFrom("organizations").where("guid", "=", guid).selectAll().executeTakeFirstOrThrow();
}

/** POST /v3/domains/:guid/relationships/shared_organizations */
export function shareDomain(api: CcApi): Handler {
  return async ({ params, body, access }) => {
    const guids = parseBody(SHARED_ORGANIZATIONS, body);
    const domain = await visibleDomain(api, access, params["guid"]!);
    await requireDomainWrite(api, access, domain);
    await requireShareable(api, access, guids, domain.owning_organization_guid);
    if (domain.owning_organization_guid === null) {
      throw unprocessable(
        "Domains cannot be shared with other organizations unless they are scoped to an organization.",
      );
    }
    await api.transaction(async (trx) => {
      for (const guid of guids) {
        await trx
          .insertInto("domain_shared_organizations")
          .values({ domain_guid: domain.guid, organization_guid: guid })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
    });
    const rows = await api.db
      .selectFrom("domain_shared_organizations")
      .where("domain_guid", "=", domain.guid)
      .select("organization_guid")
      .execute();
    const seen = rows.filter((row) => access.canReadOrganization(row.organization_guid));
    return ok({ data: seen.map((row) => ({ guid: row.organization_guid })) });
  };
}

/** DELETE /v3/domains/:guid/relationships/shared_organizations/:org_guid: for managers of either organization. */
export function unshareDomain(api: CcApi): Handler {
  return async ({ params, access }) => {
    const domain = await visibleDomain(api, access, params["guid"]!);
    const guid = params["org_guid"]!;
    const unknown = unprocessable(`Organization with guid '${guid}' does not exist or you do not have access to it.`);
    const organization = await api.db
      .selectFrom("organizations")
      .where("guid", "=", guid)
      .selectAll()
      .executeTakeFirst();
    if (organization === undefined) throw unknown;
    await requireUnshare(api, access, domain, organization);
    if (!access.canReadOrganization(guid)) throw unknown;
    await api.transaction(async (trx) => {
      const removed = await trx
        .deleteFrom("domain_shared_organizations")
        .where("domain_guid", "=", domain.guid)
        .where("organization_guid", "=", guid)
        .executeTakeFirst();
      if (removed.numDeletedRows === 0n) {
        throw unprocessable(
          `Unable to unshare domain from organization with name '${organization.name}'. Ensure the domain is shared to this organization.`,
        );
      }
      const route = await trx
        .selectFrom("routes")
        .innerJoin("spaces", "spaces.guid", "routes.space_guid")
        .where("routes.domain_guid", "=", domain.guid)
        .where("spaces.organization_guid", "=", guid)
        .select("routes.guid")
        .executeTakeFirst();
      if (route !== undefined) {
        throw unprocessable(
          "This domain has associated routes in this organization. Delete the routes before unsharing.",
        );
      }
    });
    return noContent();
  };
}

async function requireUnshare(api: CcApi, access: Access, domain: Domain, shared: Organization): Promise<void> {
  if (access.admin) return;
  const owner =
    domain.owning_organization_guid === null ? null : await organizationRow(api, domain.owning_organization_guid);
  const writable = [owner, shared].filter(
    (organization) => organization !== null && access.canWriteOrganization(organization.guid),
  );
  if (writable.some((organization) => organization?.status === "active")) return;
  if (writable.length === 0) throw notAuthorized();
  throw new CcError("OrgSuspended");
}
