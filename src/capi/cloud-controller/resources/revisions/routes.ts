import { z } from "zod";
import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { presentTime } from "../../api/timestamps.ts";
import { actorOf } from "../../audit-events.ts";
import { notAuthorized, notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { changeMetadata, type Metadata, metadataOf } from "../../metadata.ts";
import { metadata, parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { type AppPlace, appEvent, findAppPlace, visibleApp } from "../apps/place.ts";
import type { RevisionSidecar } from "./reasons.ts";
import type { Revision } from "./resolve.ts";

/** CC: messages/app_revisions_list_message.rb */
const REVISIONS_LIST: ListSpec = { filters: { versions: "list", deployable: "boolean" }, labelSelector: true };
const UPDATE = z.strictObject({ metadata: metadata() });

/** Registers `/v3/revisions` and `/v3/apps/:guid/revisions`. */
export function revisions(api: CcApi): void {
  api.get("/v3/apps/:guid/revisions", index(api, false));
  api.get("/v3/apps/:guid/revisions/deployed", index(api, true));
  api.get("/v3/revisions/:guid", async (request) => {
    const { revision } = await visible(api, request);
    return ok(await presentOne(api, revision));
  });
  api.patch("/v3/revisions/:guid", update(api));
  api.get("/v3/revisions/:guid/environment_variables", environment(api));
}

function index(api: CcApi, deployed: boolean): Handler {
  return async ({ query, access, path, params }) => {
    const list = parseListQuery(deployed ? {} : REVISIONS_LIST, query);
    const { app } = await visibleApp(api, access, params["guid"]!);
    let rows = api.db.selectFrom("revisions").selectAll("revisions").where("revisions.app_guid", "=", app.guid);
    if (deployed) {
      // What runs now: of started processes.
      const running = api.db
        .selectFrom("processes")
        .where("app_guid", "=", app.guid)
        .where("state", "=", "STARTED")
        .where("revision_guid", "is not", null)
        .select("revision_guid");
      rows = rows.where("revisions.guid", "in", running);
    } else {
      const versions = list.list("versions");
      if (versions !== null) rows = rows.where("version", "in", versions.map(Number).filter(Number.isInteger));
      const deployable = list.boolean("deployable");
      const staged = api.db.selectFrom("droplets").where("state", "=", "STAGED").select("guid");
      if (deployable === true) rows = rows.where("revisions.droplet_guid", "in", staged);
      if (deployable === false) {
        rows = rows.where((eb) =>
          eb.or([eb("revisions.droplet_guid", "is", null), eb("revisions.droplet_guid", "not in", staged)]),
        );
      }
    }
    const page = await readPage(rows, "revisions", list, { owner: "revision" });
    const guids = page.rows.map(({ guid }) => guid);
    const shown = await metadataOf(api.db, "revision", guids);
    const staged = await stagedDroplets(api, page.rows);
    const resources = page.rows.map((row) =>
      presentRevision(api, row, staged.has(row.droplet_guid ?? ""), shown(row.guid)),
    );
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

function update(api: CcApi): Handler {
  return async (request) => {
    const wanted = parseBody(UPDATE, request.body);
    const { revision, place } = await visible(api, request);
    await requireSpaceWrite(api, request.access, place.space, request.access.canWriteSpace(place.space));
    const changed = await api.transaction(async (trx) => {
      await changeMetadata(trx, "revision", revision.guid, wanted.metadata, api.config.limits);
      return await trx
        .updateTable("revisions")
        .set({ updated_at: api.nowMs() })
        .where("guid", "=", revision.guid)
        .returningAll()
        .executeTakeFirstOrThrow();
    });
    return ok(await presentOne(api, changed));
  };
}

/** CC: presenters/v3/revision_environment_variables_presenter.rb */
function environment(api: CcApi): Handler {
  return async (request) => {
    const { revision, place } = await visible(api, request);
    if (!request.access.canReadSecrets(place.space)) throw notAuthorized();
    const facts = { revision_guid: revision.guid, revision_version: revision.version };
    await api.transaction((trx) =>
      api.event(trx, appEvent("audit.app.revision.environment_variables.show", place, actorOf(request.caller), facts)),
    );
    const path = `/v3/revisions/${revision.guid}`;
    return ok({
      var: JSON.parse(revision.environment_variables) as object,
      links: {
        self: api.links.to(`${path}/environment_variables`),
        revision: api.links.to(path),
        app: api.links.to(`/v3/apps/${revision.app_guid}`),
      },
    });
  };
}

async function visible(
  api: CcApi,
  { params, access }: CcRequest,
): Promise<{ readonly revision: Revision; readonly place: AppPlace }> {
  const revision = await api.db
    .selectFrom("revisions")
    .where("guid", "=", params["guid"]!)
    .selectAll()
    .executeTakeFirst();
  const place = revision === undefined ? null : await findAppPlace(api.db, revision.app_guid);
  if (revision === undefined || place === null || !access.canReadSpace(place.space)) throw notFound("Revision");
  return { revision, place };
}

async function stagedDroplets(api: CcApi, rows: readonly Revision[]): Promise<ReadonlySet<string>> {
  const guids = rows.map(({ droplet_guid }) => droplet_guid).filter((guid) => guid !== null);
  if (guids.length === 0) return new Set();
  const staged = await api.db
    .selectFrom("droplets")
    .where("guid", "in", guids)
    .where("state", "=", "STAGED")
    .select("guid")
    .execute();
  return new Set(staged.map(({ guid }) => guid));
}

async function presentOne(api: CcApi, revision: Revision): Promise<object> {
  const shown = await metadataOf(api.db, "revision", [revision.guid]);
  const staged = await stagedDroplets(api, [revision]);
  return presentRevision(api, revision, staged.size > 0, shown(revision.guid));
}

/** CC: presenters/v3/revision_presenter.rb */
function presentRevision(api: CcApi, revision: Revision, deployable: boolean, shown: Metadata): object {
  const path = `/v3/revisions/${revision.guid}`;
  const commands = JSON.parse(revision.process_commands) as Record<string, string | null>;
  return {
    guid: revision.guid,
    version: revision.version,
    droplet: { guid: revision.droplet_guid },
    processes: Object.fromEntries(Object.entries(commands).map(([type, command]) => [type, { command }])),
    sidecars: JSON.parse(revision.sidecars) as RevisionSidecar[],
    description: revision.description,
    relationships: { app: { data: { guid: revision.app_guid } } },
    created_at: presentTime(revision.created_at),
    updated_at: presentTime(revision.updated_at),
    links: {
      self: api.links.to(path),
      app: api.links.to(`/v3/apps/${revision.app_guid}`),
      environment_variables: api.links.to(`${path}/environment_variables`),
    },
    metadata: shown,
    deployable,
  };
}
