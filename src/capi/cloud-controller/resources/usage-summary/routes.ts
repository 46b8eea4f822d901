import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { visibleOrganization, visibleSpace } from "../../visible.ts";
import { organizationUsage, spaceUsage } from "./usage.ts";

/** Registers the usage summaries of organizations and spaces. */
export function usageSummary(api: CcApi): void {
  api.get("/v3/organizations/:guid/usage_summary", async ({ params, access }) => {
    const organization = await visibleOrganization(api, access, params["guid"]!);
    const path = `/v3/organizations/${organization.guid}`;
    return ok({
      usage_summary: await organizationUsage(api, organization.guid),
      links: { self: api.links.to(`${path}/usage_summary`), organization: api.links.to(path) },
    });
  });
  api.get("/v3/spaces/:guid/usage_summary", async ({ params, access }) => {
    const space = await visibleSpace(api, access, params["guid"]!);
    const path = `/v3/spaces/${space.guid}`;
    return ok({
      usage_summary: await spaceUsage(api, space),
      links: { self: api.links.to(`${path}/usage_summary`), space: api.links.to(path) },
    });
  });
}
