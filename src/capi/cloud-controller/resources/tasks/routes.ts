import type { TaskCallbackResponse } from "../../../../protocol/task.ts";
import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery } from "../../list-query.ts";
import { changeMetadata, metadataOf } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { appGuidsInPlaces } from "../apps/list-places.ts";
import { type AppPlace, appEvent, findAppPlace, visibleApp } from "../apps/place.ts";
import { bridgeFailure } from "../processes/diego.ts";
import { TASK_UPDATE } from "./body.ts";
import { createTask } from "./create.ts";
import { taskFacts } from "./facts.ts";
import { TASKS_LIST, TASKS_OF_APP_LIST } from "./list.ts";
import { presentTask, type Task } from "./present.ts";
import { changeTaskState, isFinal } from "./state.ts";

const CANCEL_TIMEOUT_MS = 10_000;

/** Registers `/v3/tasks`, `/v3/apps/:app_guid/tasks` and Diego's callback. */
export function tasks(api: CcApi): void {
  api.get("/v3/tasks", index(api));
  api.get("/v3/apps/:app_guid/tasks", index(api));
  api.post("/v3/apps/:app_guid/tasks", async (request) => ({
    status: 202,
    body: await present(api, await createTask(api, request), true),
  }));
  api.get("/v3/tasks/:guid", async (request) => {
    const { task, place } = await visibleTask(api, request);
    return ok(await present(api, task, request.access.canReadSecrets(place.space)));
  });
  api.patch("/v3/tasks/:guid", update(api));
  api.post("/v3/tasks/:guid/actions/cancel", cancel(api));
  api.put("/v3/tasks/:guid/cancel", cancel(api)); // the older way, which clients still use
  api.internal.post("/internal/v4/tasks/:guid/completed", completed(api));
}

function index(api: CcApi): Handler {
  return async ({ query, access, path, params }) => {
    const appGuid = params["app_guid"];
    const place = appGuid === undefined ? null : await visibleApp(api, access, appGuid);
    const list = parseListQuery(appGuid === undefined ? TASKS_LIST : TASKS_OF_APP_LIST, query);
    let rows = api.db.selectFrom("tasks").selectAll("tasks");
    const seen = appGuid === undefined ? appGuidsInPlaces(api, access, list) : null;
    if (seen !== null) rows = rows.where("tasks.app_guid", "in", seen);
    if (appGuid !== undefined) rows = rows.where("tasks.app_guid", "=", appGuid);
    const names = list.list("names");
    if (names !== null) rows = rows.where("tasks.name", "in", names);
    const states = list.list("states");
    if (states !== null) rows = rows.where("tasks.state", "in", states as Task["state"][]);
    const sequences = appGuid === undefined ? null : list.list("sequence_ids");
    if (sequences !== null)
      rows = rows.where("tasks.sequence_id", "in", sequences.map(Number).filter(Number.isInteger));
    const apps = list.list("app_guids");
    if (apps !== null) rows = rows.where("tasks.app_guid", "in", apps);
    const page = await readPage(rows, "tasks", list, { owner: "task" });
    const metadata = await metadataOf(
      api.db,
      "task",
      page.rows.map(({ guid }) => guid),
    );
    const secrets = place !== null && access.canReadSecrets(place.space);
    const resources = page.rows.map((row) => presentTask(row, secrets, metadata(row.guid), api.links));
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

function update(api: CcApi): Handler {
  return async (request) => {
    const wanted = parseBody(TASK_UPDATE, request.body);
    const { task, place } = await visibleTask(api, request);
    await requireSpaceWrite(api, request.access, place.space, request.access.canWriteSpace(place.space));
    const changed = await api.transaction(async (trx) => {
      const row = await trx
        .updateTable("tasks")
        .set({ updated_at: api.nowMs() })
        .where("guid", "=", task.guid)
        .returningAll()
        .executeTakeFirstOrThrow();
      await changeMetadata(trx, "task", task.guid, wanted.metadata, api.config.limits);
      return row;
    });
    return ok(await present(api, changed, true));
  };
}

/** CC: actions/task_cancel.rb; the sync tells Diego again when this call fails. */
function cancel(api: CcApi): Handler {
  return async (request) => {
    const { task, place } = await visibleTask(api, request);
    await requireSpaceWrite(api, request.access, place.space, request.access.canManageApps(place.space));
    if (isFinal(task)) throw cannotCancel(task);
    const canceled = await api.transaction(async (trx) => {
      const row = await changeTaskState(api, trx, task.guid, ["PENDING", "RUNNING", "CANCELING"], "CANCELING");
      if (row === null) return null;
      await api.event(trx, appEvent("audit.app.task.cancel", place, actorOf(request.caller), taskFacts(task)));
      return row;
    });
    if (canceled === null) throw cannotCancel((await visibleTask(api, request)).task);
    await api.durable();
    await api.deps.bridge.cancelTask(task.guid, api.deps.clock.deadline(CANCEL_TIMEOUT_MS)).catch((error) => {
      throw bridgeFailure(error);
    });
    const fresh = await api.db.selectFrom("tasks").where("guid", "=", task.guid).selectAll().executeTakeFirst();
    return { status: 202, body: await present(api, fresh ?? canceled, true) };
  };
}

function cannotCancel(task: Task): CcError {
  return unprocessable(`Task state is ${task.state} and therefore cannot be canceled`);
}

/** CC: controllers/internal/task_completion_controller.rb */
function completed(api: CcApi): Handler {
  return async ({ params, body }) => {
    const guid = params["guid"]!;
    const task = await api.db.selectFrom("tasks").where("guid", "=", guid).selectAll().executeTakeFirst();
    if (task === undefined) throw new CcError("ResourceNotFound", [`Task not found: ${guid}`]);
    const response = body as Partial<TaskCallbackResponse>;
    if (response.task_guid !== guid || isFinal(task)) throw new CcError("InvalidRequest");
    const failed = response.failed !== false;
    const reason =
      typeof response.failure_reason === "string" ? response.failure_reason : "Malformed task response from Diego";
    await api.transaction((trx) =>
      changeTaskState(
        api,
        trx,
        guid,
        ["PENDING", "RUNNING", "CANCELING"],
        failed ? "FAILED" : "SUCCEEDED",
        failed ? reason : null,
      ),
    );
    return ok({});
  };
}

async function visibleTask(
  api: CcApi,
  { params, access }: CcRequest,
): Promise<{ readonly task: Task; readonly place: AppPlace }> {
  const task = await api.db.selectFrom("tasks").where("guid", "=", params["guid"]!).selectAll().executeTakeFirst();
  const place = task === undefined ? null : await findAppPlace(api.db, task.app_guid);
  if (task === undefined || place === null || !access.canReadSpace(place.space)) throw notFound("Task");
  return { task, place };
}

async function present(api: CcApi, task: Task, secrets: boolean): Promise<object> {
  const metadata = await metadataOf(api.db, "task", [task.guid]);
  return presentTask(task, secrets, metadata(task.guid), api.links);
}
