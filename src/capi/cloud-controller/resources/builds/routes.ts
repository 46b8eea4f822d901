import { created, ok, withWarnings } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { notAuthorized, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery } from "../../list-query.ts";
import { changeMetadata, metadataOf } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { appGuidsInPlaces } from "../apps/list-places.ts";
import { visibleApp } from "../apps/place.ts";
import { BUILD_UPDATE } from "./body.ts";
import { createBuild } from "./create.ts";
import { failBuild } from "./finish.ts";
import { registerStagingCallbacks } from "./internal.ts";
import { BUILDS_LIST, BUILDS_OF_APP_LIST } from "./list.ts";
import { type Build, mayUpdateState, visibleBuild } from "./model.ts";
import { presentBuild } from "./present.ts";

/** Registers `/v3/builds`, `/v3/apps/:guid/builds` and what cells call while they stage. */
export function builds(api: CcApi): void {
  api.get("/v3/builds", index(api));
  api.get("/v3/apps/:guid/builds", index(api));
  api.post("/v3/builds", async (request) => {
    const { build, warnings } = await createBuild(api, request);
    return withWarnings(created(await present(api, build)), warnings);
  });
  api.get("/v3/builds/:guid", async ({ params, access }) => {
    const { build } = await visibleBuild(api, access, params["guid"]!);
    return ok(await present(api, build));
  });
  api.patch("/v3/builds/:guid", update(api));
  registerStagingCallbacks(api);
}

function index(api: CcApi): Handler {
  return async ({ query, access, path, params }) => {
    const appGuid = params["guid"];
    if (appGuid !== undefined) await visibleApp(api, access, appGuid);
    const list = parseListQuery(appGuid === undefined ? BUILDS_LIST : BUILDS_OF_APP_LIST, query);
    let rows = api.db.selectFrom("builds").selectAll("builds");
    const seen = appGuid === undefined ? appGuidsInPlaces(api, access, list) : null;
    if (seen !== null) rows = rows.where("builds.app_guid", "in", seen);
    if (appGuid !== undefined) rows = rows.where("builds.app_guid", "=", appGuid);
    const states = list.list("states");
    if (states !== null) rows = rows.where("builds.state", "in", states as Build["state"][]);
    const apps = list.list("app_guids");
    if (apps !== null) rows = rows.where("builds.app_guid", "in", apps);
    const packages = list.list("package_guids");
    if (packages !== null) rows = rows.where("builds.package_guid", "in", packages);
    const page = await readPage(rows, "builds", list, { owner: "build" });
    const metadata = await metadataOf(
      api.db,
      "build",
      page.rows.map(({ guid }) => guid),
    );
    const resources = page.rows.map((row) => presentBuild(row, metadata(row.guid), api.links));
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access }) => {
    const { build, place } = await visibleBuild(api, access, params["guid"]!);
    const byStager = typeof body === "object" && body !== null && "state" in body;
    if (byStager && !mayUpdateState(access)) throw notAuthorized();
    if (!byStager) await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
    const wanted = parseBody(BUILD_UPDATE, body);
    if (wanted.state !== undefined && !["STAGED", "FAILED"].includes(wanted.state)) {
      throw unprocessable(`State '${wanted.state}' is not a valid state`);
    }
    if (wanted.state === "STAGED") throw unprocessable("Lifecycle 'STAGED' builds require lifecycle data");
    await api.transaction(async (trx) => {
      await trx.updateTable("builds").set({ updated_at: api.nowMs() }).where("guid", "=", build.guid).execute();
      await changeMetadata(trx, "build", build.guid, wanted.metadata, api.config.limits);
    });
    if (wanted.state === "FAILED") {
      await failBuild(api, build.guid, { id: "StagerError", message: wanted.error ?? "staging failed" });
    }
    const fresh = await api.db
      .selectFrom("builds")
      .where("guid", "=", build.guid)
      .selectAll()
      .executeTakeFirstOrThrow();
    return ok(await present(api, fresh));
  };
}

async function present(api: CcApi, build: Build): Promise<object> {
  const metadata = await metadataOf(api.db, "build", [build.guid]);
  return presentBuild(build, metadata(build.guid), api.links);
}
