import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { notAuthorized, unprocessable } from "../../errors.ts";
import { presentToOne, TO_ONE_BODY } from "../../relationship.ts";
import { parseBody } from "../../validation.ts";
import { visibleSpace } from "../../visible.ts";
import { isEntitled } from "../isolation-segments/entitlement.ts";
import { recordSpace } from "./events.ts";

/** Registers the isolation segment of a space. CC: actions/space_update_isolation_segment.rb */
export function spaceIsolationSegment(api: CcApi): void {
  const path = "/v3/spaces/:guid/relationships/isolation_segment";
  const present = (spaceGuid: string, segment: string | null): object =>
    presentToOne(
      api.links,
      `/v3/spaces/${spaceGuid}`,
      "isolation_segment",
      segment === null ? null : { guid: segment, path: `/v3/isolation_segments/${segment}` },
    );
  api.get(path, async ({ params, access }) => {
    const space = await visibleSpace(api, access, params["guid"]!);
    return ok(present(space.guid, space.isolation_segment_guid));
  });
  api.patch(path, async ({ params, body, access, caller }) => {
    const space = await visibleSpace(api, access, params["guid"]!);
    if (!access.canWriteOrganization(space.organization_guid)) throw notAuthorized();
    const segment = parseBody(TO_ONE_BODY, body);
    if (segment !== null && !(await isEntitled(api.db, segment, space.organization_guid))) {
      throw unprocessable(
        `Unable to assign isolation segment with guid '${segment}'. Ensure it has been entitled to the organization that this space belongs to.`,
      );
    }
    await api.transaction(async (trx) => {
      await trx
        .updateTable("spaces")
        .set({ isolation_segment_guid: segment, updated_at: api.nowMs() })
        .where("guid", "=", space.guid)
        .execute();
      await recordSpace(api, trx, "update", space, actorOf(caller), { request: body as object });
    });
    return ok(present(space.guid, segment));
  });
}
