import { sql } from "kysely";
import { accepted, type CcAnswer, created, ok, withWarnings } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery, parseShowQuery } from "../../list-query.ts";
import { metadataOf } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite, type Space } from "../../visible.ts";
import { findDroplet } from "../droplets/model.ts";
import { presentDroplet } from "../droplets/present.ts";
import { includedOrganizations } from "../organizations/present.ts";
import { tellDiegoSoon } from "../processes/diego.ts";
import { processesOfApp } from "../processes/model.ts";
import { includedSpaces } from "../spaces/present.ts";
import { appStackUse } from "../stacks/stack-use.ts";
import { auditedRequest } from "./audited-request.ts";
import { APP_CREATE, APP_UPDATE } from "./body.ts";
import { createApp } from "./create.ts";
import { deleteApp, deleteAppWork, deleteBuildpackCache } from "./delete.ts";
import { assignDroplet } from "./droplet.ts";
import { registerEnvironment } from "./environment-routes.ts";
import { readLifecycleData } from "./lifecycle.ts";
import { APP_SHOW, APPS_LIST } from "./list.ts";
import { appsInPlaces } from "./list-places.ts";
import { logToApp } from "./log-lines.ts";
import { type App, type AppPlace, manageableApp, placeOfSpace, visibleApp, writableApp } from "./place.ts";
import { APP_SHOWN, presentApp } from "./present.ts";
import { sshAccess } from "./ssh-access.ts";
import { restartApp, startApp, stopApp } from "./state.ts";
import { updateApp } from "./update.ts";

/** Registers `/v3/apps`. */
export function apps(api: CcApi): void {
  api.get("/v3/apps", index(api));
  api.post("/v3/apps", create(api));
  api.get("/v3/apps/:guid", show(api));
  api.patch("/v3/apps/:guid", update(api));
  api.delete("/v3/apps/:guid", remove(api));
  api.post("/v3/apps/:guid/actions/start", start(api));
  api.post("/v3/apps/:guid/actions/stop", async (request) => {
    const place = await manageableApp(api, request, request.params["guid"]!);
    return ok(await present(api, await stopApp(api, place, actorOf(request.caller))));
  });
  api.post("/v3/apps/:guid/actions/restart", restart(api));
  api.post("/v3/apps/:guid/actions/clear_buildpack_cache", clearCache(api));
  api.get("/v3/apps/:guid/permissions", async ({ params, access }) => {
    const { space } = await visibleApp(api, access, params["guid"]!);
    return ok({ read_basic_data: true, read_sensitive_data: access.canReadSecrets(space) });
  });
  api.get("/v3/apps/:guid/relationships/current_droplet", currentDroplet(api, true));
  api.patch("/v3/apps/:guid/relationships/current_droplet", assign(api));
  api.get("/v3/apps/:guid/droplets/current", currentDroplet(api, false));
  api.get("/v3/stacks/:guid/apps", async ({ params, query, access, path }) => {
    const guid = params["guid"]!;
    const stack = await api.db.selectFrom("stacks").where("guid", "=", guid).select("name").executeTakeFirst();
    if (stack === undefined) throw notFound("Stack");
    return listApps(api, { access, path, query: { ...query, stacks: encodeURIComponent(stack.name) } }, false);
  });
  registerEnvironment(api);
  sshAccess(api);
  api.job("app.delete", deleteAppWork(api));
  api.job("app.clear_buildpack_cache", async (job) => {
    await deleteBuildpackCache(api, job.resourceGuid);
  });
  api.hooks.onSpaceDeleted(async (spaceGuid, actor, signal) => {
    const rows = await api.db.selectFrom("apps").where("space_guid", "=", spaceGuid).select("guid").execute();
    for (const { guid } of rows) {
      signal.throwIfAborted();
      await deleteApp(api, guid, actor);
    }
  });
}

function index(api: CcApi): Handler {
  return (request) => listApps(api, request, true);
}

/** `embed`: whether `include` is answered. CC: the list of a stack's apps takes it and leaves it out. */
async function listApps(
  api: CcApi,
  { query, access, path }: Pick<CcRequest, "query" | "access" | "path">,
  embed: boolean,
): Promise<CcAnswer> {
  const list = parseListQuery(APPS_LIST, query);
  let rows = appsInPlaces(api, access, list).select(APP_SHOWN);
  const names = list.list("names");
  if (names !== null) rows = rows.where("apps.name", "in", names);
  const stacks = list.list("stacks");
  if (stacks !== null) {
    rows = rows.where(sql<string>`coalesce(json_extract(apps.lifecycle_data, '$.stack'), '')`, "in", stacks);
  }
  const type = list.text("lifecycle_type");
  if (type !== null) rows = rows.where("apps.lifecycle_type", "=", type as App["lifecycle_type"]);
  const page = await readPage(rows, "apps", list, { owner: "app", columns: { state: "desired_state" } });
  const metadata = await metadataOf(
    api.db,
    "app",
    page.rows.map(({ guid }) => guid),
  );
  const resources = page.rows.map((row) => presentApp(row, metadata(row.guid), api.links));
  const shown = embed ? list : { ...list, given: {} };
  const document = presentPage(api.links, path, shown, page.total, resources);
  const spaceGuids = [...new Set(page.rows.map(({ space_guid }) => space_guid))];
  return ok(embed ? { ...document, ...(await included(api, list.include, spaceGuids)) } : document);
}

function show(api: CcApi): Handler {
  return async ({ params, access, query }) => {
    const { include } = parseShowQuery(APP_SHOW, query);
    const { app } = await visibleApp(api, access, params["guid"]!);
    return ok({ ...(await present(api, app)), ...(await included(api, include, [app.space_guid])) });
  };
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    const wanted = parseBody(APP_CREATE, body);
    const guid = wanted.relationships.space;
    const space = await api.db.selectFrom("spaces").where("guid", "=", guid).selectAll().executeTakeFirst();
    if (space === undefined || !access.canReadSpace(space)) {
      throw unprocessable("Invalid space. Ensure that the space exists and you have access to it.");
    }
    await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
    if (wanted.lifecycle?.type === "docker") await api.featureFlags.require("diego_docker", access);
    if (wanted.lifecycle?.type === "cnb") await api.featureFlags.require("diego_cnb", access);
    const app = await api.transaction(async (trx) => {
      const where = await placeOfSpace(trx, space.guid);
      const facts = {
        name: wanted.name,
        environment: wanted.environment_variables ?? {},
        lifecycle: wanted.lifecycle ?? {},
        request: auditedRequest(body),
        ...(wanted.metadata === undefined ? {} : { metadata: wanted.metadata }),
      };
      return await createApp(api, trx, where, facts, actorOf(caller));
    });
    const { warnings } = await appStackUse(api.db, readLifecycleData(app.lifecycle_data).stack, null);
    return withWarnings(created(await present(api, app)), warnings);
  };
}

function update(api: CcApi): Handler {
  return async (request) => {
    const wanted = parseBody(APP_UPDATE, request.body);
    const place = await writableApp(api, request, request.params["guid"]!);
    const change = { ...wanted, request: auditedRequest(request.body) };
    const { app, renamed } = await api.transaction(async (trx) => {
      const app = await updateApp(api, trx, place, change, actorOf(request.caller));
      const renamed = app.name === place.app.name ? [] : await processesOfApp(trx, app.guid);
      // The name is in the metric tags of running instances: the sync sees a newer process if the news below is lost.
      for (const { guid, updated_at } of renamed) {
        const later = { updated_at: Math.max(updated_at + 1, api.nowMs()) };
        await trx.updateTable("processes").set(later).where("guid", "=", guid).execute();
      }
      return { app, renamed };
    });
    await tellDiegoSoon(
      api,
      renamed.map(({ guid }) => ({ processGuid: guid, staleVersions: [] })),
    );
    const { warnings } = await appStackUse(api.db, wanted.lifecycle?.stack ?? null, app.guid);
    return withWarnings(ok(await present(api, app)), warnings);
  };
}

function remove(api: CcApi): Handler {
  return async (request) => {
    const place = await writableApp(api, request, request.params["guid"]!);
    const guid = place.app.guid;
    const actor = actorOf(request.caller);
    const job = await api.enqueue({ operation: "app.delete", resourceType: "app", resourceGuid: guid, actor });
    logToApp(api, place, `Enqueued job to delete app with guid ${guid}`);
    return accepted(job);
  };
}

function start(api: CcApi): Handler {
  return async (request) => {
    const place = await startable(api, request);
    return ok(await present(api, await startApp(api, place, actorOf(request.caller))));
  };
}

function restart(api: CcApi): Handler {
  return async (request) => {
    const place = await startable(api, request);
    return ok(await present(api, await restartApp(api, place, actorOf(request.caller))));
  };
}

async function startable(api: CcApi, request: Parameters<Handler>[0]): Promise<AppPlace> {
  const guid = request.params["guid"]!;
  const visible = await visibleApp(api, request.access, guid);
  if (visible.app.droplet_guid === null) throw unprocessable("Assign a droplet before starting this app.");
  const place = await manageableApp(api, request, guid);
  if (place.app.lifecycle_type === "docker") await api.featureFlags.require("diego_docker", request.access);
  if (place.app.lifecycle_type === "cnb") await api.featureFlags.require("diego_cnb", request.access);
  return place;
}

function clearCache(api: CcApi): Handler {
  return async (request) => {
    const place = await manageableApp(api, request, request.params["guid"]!);
    const guid = place.app.guid;
    const job = await api.enqueue({
      operation: "app.clear_buildpack_cache",
      resourceType: "app",
      resourceGuid: guid,
      actor: actorOf(request.caller),
    });
    logToApp(api, place, `Enqueued job to delete app buildpack cache with app guid ${guid}`);
    return accepted(job);
  };
}

function assign(api: CcApi): Handler {
  return async (request) => {
    const { data } = request.body as { data?: { guid?: unknown } | null };
    const guid = data?.guid;
    if (data !== undefined && (guid === undefined || guid === null)) {
      throw unprocessable("Current droplet cannot be removed. Replace it with a preferred droplet.");
    }
    const place = await manageableApp(api, request, request.params["guid"]!);
    const { app, droplet } = await assignDroplet(api, place, String(guid ?? ""), actorOf(request.caller));
    return ok(presentRelationship(api, app.guid, droplet.guid));
  };
}

function currentDroplet(api: CcApi, relationship: boolean): Handler {
  return async ({ params, access }) => {
    const { app } = await visibleApp(api, access, params["guid"]!);
    const droplet = app.droplet_guid === null ? undefined : await findDroplet(api.db, app.droplet_guid);
    if (droplet === undefined) throw notFound("Droplet");
    if (relationship) return ok(presentRelationship(api, app.guid, droplet.guid));
    const metadata = await metadataOf(api.db, "droplet", [droplet.guid]);
    return ok(presentDroplet(droplet, null, metadata(droplet.guid), api.links));
  };
}

/** CC: presenters/v3/app_droplet_relationship_presenter.rb */
function presentRelationship(api: CcApi, appGuid: string, dropletGuid: string): object {
  const path = `/v3/apps/${appGuid}`;
  return {
    data: { guid: dropletGuid },
    links: {
      self: api.links.to(`${path}/relationships/current_droplet`),
      related: api.links.to(`${path}/droplets/current`),
    },
  };
}

async function included(api: CcApi, include: readonly string[], spaceGuids: readonly string[]): Promise<object> {
  if (include.length === 0) return {};
  const document: Record<string, object[]> = {};
  if (include.includes("space") || include.includes("space.organization")) {
    document["spaces"] = await includedSpaces(api, spaceGuids);
  }
  if (include.includes("org") || include.includes("space.organization")) {
    const spaces: Pick<Space, "organization_guid">[] =
      spaceGuids.length === 0
        ? []
        : await api.db.selectFrom("spaces").where("guid", "in", spaceGuids).select("organization_guid").execute();
    const guids = [...new Set(spaces.map(({ organization_guid }) => organization_guid))];
    document["organizations"] = await includedOrganizations(api, guids);
  }
  return { included: document };
}

async function present(api: CcApi, app: App): Promise<object> {
  const metadata = await metadataOf(api.db, "app", [app.guid]);
  return presentApp(app, metadata(app.guid), api.links);
}
