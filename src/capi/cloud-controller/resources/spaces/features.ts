import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { notFound } from "../../errors.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite, type Space, visibleSpace } from "../../visible.ts";
import { SPACE_FEATURE_UPDATE } from "./body.ts";

/** Registers `/v3/spaces/:guid/features`; `ssh` is the only one. CC: controllers/v3/space_features_controller.rb */
export function spaceFeatures(api: CcApi): void {
  api.get("/v3/spaces/:guid/features", async ({ params, access }) =>
    ok({ resources: [presentSsh(await visibleSpace(api, access, params["guid"]!))] }),
  );
  api.get("/v3/spaces/:guid/features/:name", async ({ params, access }) => {
    const space = await visibleSpace(api, access, params["guid"]!);
    if (params["name"] !== "ssh") throw notFound("Feature");
    return ok(presentSsh(space));
  });
  api.patch("/v3/spaces/:guid/features/:name", async ({ params, body, access }) => {
    const { enabled } = parseBody(SPACE_FEATURE_UPDATE, body);
    const space = await visibleSpace(api, access, params["guid"]!);
    if (params["name"] !== "ssh") throw notFound("Feature");
    await requireSpaceWrite(api, access, space, access.canUpdateSpace(space));
    const changed = await api.db
      .updateTable("spaces")
      .set({ allow_ssh: enabled ? 1 : 0, updated_at: api.nowMs() })
      .where("guid", "=", space.guid)
      .returningAll()
      .executeTakeFirstOrThrow();
    return ok(presentSsh(changed));
  });
}

function presentSsh(space: Space): object {
  return { name: "ssh", description: "Enable SSHing into apps in the space.", enabled: space.allow_ssh === 1 };
}
