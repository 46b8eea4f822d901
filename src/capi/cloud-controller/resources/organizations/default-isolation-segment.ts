import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { unprocessable } from "../../errors.ts";
import { presentToOne, TO_ONE_BODY } from "../../relationship.ts";
import { parseBody } from "../../validation.ts";
import { requireOrganizationWrite, visibleOrganization } from "../../visible.ts";
import { isEntitled } from "../isolation-segments/entitlement.ts";

/** Registers an organization's default isolation segment. CC: actions/set_default_isolation_segment.rb */
export function defaultIsolationSegment(api: CcApi): void {
  const path = "/v3/organizations/:guid/relationships/default_isolation_segment";
  const present = (organizationGuid: string, segment: string | null): object =>
    presentToOne(
      api.links,
      `/v3/organizations/${organizationGuid}`,
      "default_isolation_segment",
      segment === null ? null : { guid: segment, path: `/v3/isolation_segments/${segment}` },
    );
  api.get(path, async ({ params, access }) => {
    const organization = await visibleOrganization(api, access, params["guid"]!);
    return ok(present(organization.guid, organization.default_isolation_segment_guid));
  });
  api.patch(path, async ({ params, body, access }) => {
    const segment = parseBody(TO_ONE_BODY, body);
    const organization = await visibleOrganization(api, access, params["guid"]!);
    requireOrganizationWrite(access, organization, access.canWriteOrganization(organization.guid));
    if (segment !== null && !(await isEntitled(api.db, segment, organization.guid))) {
      throw unprocessable(
        `Unable to assign isolation segment with guid '${segment}'. Ensure it has been entitled to the organization.`,
      );
    }
    await api.db
      .updateTable("organizations")
      .set({ default_isolation_segment_guid: segment, updated_at: api.nowMs() })
      .where("guid", "=", organization.guid)
      .execute();
    return ok(present(organization.guid, segment));
  });
}
