import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import type { JobWork } from "../../jobs.ts";
import { deleteMetadata } from "../../metadata.ts";
import { announceDomains } from "../domains/announce.ts";
import { emptyOfServices } from "../service-instances/empty-space.ts";
import { deleteSpace } from "../spaces/delete.ts";

/** Takes every space of the organization away, then the organization. CC: actions/organization_delete.rb */
export function deleteOrganization(api: CcApi): JobWork {
  return async (job, signal) => {
    const guid = job.resourceGuid;
    const organization = await api.db
      .selectFrom("organizations")
      .where("guid", "=", guid)
      .selectAll()
      .executeTakeFirst();
    if (organization === undefined) return undefined;
    const spaces = await api.db.selectFrom("spaces").where("organization_guid", "=", guid).select("guid").execute();
    const spaceGuids = spaces.map((space) => space.guid);
    const refuse = (texts: readonly string[]): CcError =>
      new CcError("OrganizationDeletionFailed", [organization.name, texts.map((text) => `\t${text}`).join("\n\n")]);
    const waits = await emptyOfServices(api, job, spaceGuids, refuse, signal);
    if (waits !== null) return waits;
    for (const space of spaces) {
      try {
        await deleteSpace(api, space.guid, job.actor, signal);
      } catch (error) {
        if (!(error instanceof CcError)) throw error;
        throw new CcError("OrganizationDeletionFailed", [organization.name, error.message], { cause: error });
      }
    }
    await refuseSharedDomains(api, organization);
    await api.transaction(async (trx) => {
      const domains = trx.selectFrom("domains").where("owning_organization_guid", "=", guid).select("guid");
      await trx.deleteFrom("domain_shared_organizations").where("organization_guid", "=", guid).execute();
      await trx.deleteFrom("routes").where("domain_guid", "in", domains).execute();
      await trx.deleteFrom("domains").where("owning_organization_guid", "=", guid).execute();
      await trx.deleteFrom("roles").where("organization_guid", "=", guid).execute();
      await trx.deleteFrom("space_quotas").where("organization_guid", "=", guid).execute();
      await trx.deleteFrom("isolation_segment_organizations").where("organization_guid", "=", guid).execute();
      await trx.deleteFrom("service_plan_visibilities").where("organization_guid", "=", guid).execute();
      // A plan that nobody else was given is the operators' alone again.
      await trx
        .updateTable("service_plans")
        .set({ visibility_type: "admin" })
        .where("visibility_type", "=", "organization")
        .where("guid", "not in", trx.selectFrom("service_plan_visibilities").select("service_plan_guid"))
        .execute();
      await deleteMetadata(trx, "organization", [guid]);
      await trx.deleteFrom("organizations").where("guid", "=", guid).execute();
      await api.event(trx, {
        type: "audit.organization.delete-request",
        actor: job.actor,
        target: { guid, type: "organization", name: organization.name },
        organizationGuid: guid,
        spaceGuid: null,
        data: { request: { recursive: true } },
      });
    });
    await announceDomains(api);
    return undefined;
  };
}

async function refuseSharedDomains(api: CcApi, organization: { guid: string; name: string }): Promise<void> {
  const shared = await api.db
    .selectFrom("domains")
    .where("owning_organization_guid", "=", organization.guid)
    .where("guid", "in", api.db.selectFrom("domain_shared_organizations").select("domain_guid"))
    .select("name")
    .execute();
  if (shared.length === 0) return;
  const texts = shared.map(
    ({ name }) => `Domain '${name}' is shared with other organizations. Unshare before deleting.`,
  );
  throw new CcError("OrganizationDeletionFailed", [organization.name, texts.join("\n\n")]);
}
