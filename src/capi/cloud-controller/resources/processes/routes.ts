import { noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf, HIDDEN } from "../../audit-events.ts";
import { notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery, parseShowQuery } from "../../list-query.ts";
import { metadataOf } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { appColumn, appGuidsInPlaces } from "../apps/list-places.ts";
import { logToApp } from "../apps/log-lines.ts";
import { appEvent, visibleApp } from "../apps/place.ts";
import { PROCESS_SCALE, PROCESS_UPDATE } from "./body.ts";
import { scaleProcess, updateProcess } from "./change.ts";
import { bridgeFailure, tellDiego, tellDiegoSoon } from "./diego.ts";
import { processEvents } from "./internal.ts";
import { PROCESS_SHOW, PROCESSES_LIST, PROCESSES_OF_APP_LIST } from "./list.ts";
import { detectedCommand, type Process } from "./model.ts";
import { HIDDEN_IN_LISTS, presentInstances, presentProcess, presentStats } from "./present.ts";
import { manageableProcess, type ProcessPlace, visibleProcess } from "./visible.ts";

const BRIDGE_TIMEOUT_MS = 10_000;

/** Registers `/v3/processes` and `/v3/apps/:app_guid/processes`. */
export function processes(api: CcApi): void {
  processEvents(api);
  api.get("/v3/processes", index(api));
  api.get("/v3/apps/:app_guid/processes", index(api));
  for (const path of ["/v3/processes/:process_guid", "/v3/apps/:app_guid/processes/:type"]) {
    api.get(path, show(api));
    api.patch(path, update(api));
    api.post(`${path}/actions/scale`, scale(api));
    api.get(`${path}/stats`, stats(api));
    api.delete(`${path}/instances/:index`, terminate(api));
  }
  api.get("/v3/processes/:process_guid/process_instances", instances(api));
  // Routes are the network side's; their LRPs are ours.
  api.hooks.onProcessRoutingChanged((guids) => {
    void tellDiegoSoon(
      api,
      guids.map((processGuid) => ({ processGuid, staleVersions: [] })),
    );
  });
}

function index(api: CcApi): Handler {
  return async ({ query, access, path, params }) => {
    const appGuid = params["app_guid"];
    if (appGuid !== undefined) await visibleApp(api, access, appGuid);
    const list = parseListQuery(appGuid === undefined ? PROCESSES_LIST : PROCESSES_OF_APP_LIST, query);
    let rows = api.db.selectFrom("processes").selectAll("processes");
    const seen = appGuid === undefined ? appGuidsInPlaces(api, access, list) : null;
    if (seen !== null) rows = rows.where("processes.app_guid", "in", seen);
    if (appGuid !== undefined) rows = rows.where("processes.app_guid", "=", appGuid);
    const types = list.list("types");
    if (types !== null) rows = rows.where("processes.type", "in", types);
    const apps = list.list("app_guids");
    if (apps !== null) rows = rows.where("processes.app_guid", "in", apps);
    const page = await readPage(rows, "processes", list, { owner: "process" });
    const metadata = await metadataOf(
      api.db,
      "process",
      page.rows.map(({ guid }) => guid),
    );
    const spaceOf = await appColumn(api.db, page.rows, "space_guid");
    const resources: object[] = [];
    for (const row of page.rows) {
      const shown = presentProcess(row, HIDDEN_IN_LISTS, spaceOf(row), metadata(row.guid), api.links);
      resources.push(list.embed.length === 0 ? shown : await withInstances(api, row, shown));
    }
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

function show(api: CcApi): Handler {
  return async (request) => {
    const found = await visibleProcess(api, request);
    const { embed } = parseShowQuery(PROCESS_SHOW, request.query);
    const hidden = !request.access.canReadSecrets(found.place.space);
    const shown = await present(api, found, hidden);
    return ok(embed.length === 0 ? shown : await withInstances(api, found.process, shown));
  };
}

function update(api: CcApi): Handler {
  return async (request) => {
    const found = await manageableProcess(api, request);
    const change = parseBody(PROCESS_UPDATE, request.body);
    const context = { actor: actorOf(request.caller), request: request.body as object };
    const saved = await api.transaction(async (trx) => {
      const fresh = await trx
        .selectFrom("processes")
        .where("guid", "=", found.process.guid)
        .selectAll()
        .executeTakeFirst();
      if (fresh === undefined) throw notFound("Process");
      return await updateProcess(api, trx, found.place, fresh, change, context);
    });
    await tellDiego(api, [saved.change]);
    return ok(await present(api, { ...found, process: saved.process }, false));
  };
}

function scale(api: CcApi): Handler {
  return async (request) => {
    const found = await manageableProcess(api, request);
    await api.featureFlags.require("app_scaling", request.access);
    const wanted = parseBody(PROCESS_SCALE, request.body);
    const context = { actor: actorOf(request.caller), request: request.body as object };
    const saved = await api.transaction(async (trx) => {
      const fresh = await trx
        .selectFrom("processes")
        .where("guid", "=", found.process.guid)
        .selectAll()
        .executeTakeFirst();
      if (fresh === undefined) throw notFound("Process");
      return await scaleProcess(api, trx, found.place, fresh, wanted, context);
    });
    await tellDiego(api, [saved.change]);
    return { status: 202, body: await present(api, { ...found, process: saved.process }, false) };
  };
}

function stats(api: CcApi): Handler {
  return async (request) => {
    const { process } = await visibleProcess(api, request);
    return ok(presentStats(process.type, await reportsOf(api, process)));
  };
}

function instances(api: CcApi): Handler {
  return async (request) => {
    const { process } = await visibleProcess(api, request);
    const path = `/v3/processes/${process.guid}`;
    return ok({
      resources: presentInstances(await reportsOf(api, process)),
      links: { self: api.links.to(`${path}/process_instances`), process: api.links.to(path) },
    });
  };
}

function terminate(api: CcApi): Handler {
  return async (request) => {
    const { process, place } = await manageableProcess(api, request);
    const text = request.params["index"] ?? "";
    const index = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (index < 0 || index >= process.instances) throw notFound("Instance");
    await api.deps.bridge
      .stopInstance(process.guid, process.version, index, api.deps.clock.deadline(BRIDGE_TIMEOUT_MS))
      .catch((error) => {
        throw bridgeFailure(error);
      });
    logToApp(api, place, `Terminating process: "${process.type}", index: "${index}"`);
    await api.transaction((trx) =>
      api.event(
        trx,
        appEvent("audit.app.process.terminate_instance", place, actorOf(request.caller), {
          process_guid: process.guid,
          process_type: process.type,
          process_index: index,
        }),
      ),
    );
    return noContent();
  };
}

async function reportsOf(api: CcApi, process: Process) {
  const query = {
    guid: process.guid,
    version: process.version,
    appGuid: process.app_guid,
    instances: process.instances,
    started: process.state === "STARTED",
  };
  return await api.deps.bridge.instances(query, api.deps.clock.deadline(BRIDGE_TIMEOUT_MS)).catch((error) => {
    throw bridgeFailure(error);
  });
}

async function withInstances(api: CcApi, process: Process, shown: object): Promise<object> {
  const { relationships, metadata, links, ...head } = shown as Record<string, unknown>;
  return {
    ...head,
    process_instances: presentInstances(await reportsOf(api, process)),
    relationships,
    metadata,
    links,
  };
}

async function present(api: CcApi, { process, place }: ProcessPlace, hidden: boolean): Promise<object> {
  const metadata = await metadataOf(api.db, "process", [process.guid]);
  const command = hidden ? HIDDEN : await commandOf(api, process, place.app.droplet_guid);
  return presentProcess(process, command, place.space.guid, metadata(process.guid), api.links);
}

/** CC: process_model.rb, specified_or_detected_command */
async function commandOf(api: CcApi, process: Process, dropletGuid: string | null): Promise<string> {
  if (process.command) return process.command;
  if (dropletGuid === null) return "";
  const droplet = await api.db
    .selectFrom("droplets")
    .where("guid", "=", dropletGuid)
    .select("process_types")
    .executeTakeFirst();
  return detectedCommand(process.type, droplet?.process_types ?? null);
}
