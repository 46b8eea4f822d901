import type { Kysely, Selectable } from "kysely";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { unprocessable } from "../../errors.ts";
import { deleteMetadata } from "../../metadata.ts";
import type { CcDatabase, RevisionsTable } from "../../store/schema.ts";
import { logToApp } from "../apps/log-lines.ts";
import { type App, type AppPlace, appEvent } from "../apps/place.ts";
import { processesOfApp } from "../processes/model.ts";
import { type RevisionContent, type RevisionSidecar, revisionReasons } from "./reasons.ts";

export type Revision = Selectable<RevisionsTable>;

/** CC: actions/revision_create.rb, the version starts over. */
const VERSION_MAX = 9999;
/** CC: max_retained_revisions_per_app */
const RETAINED_MAX = 100;

export async function latestRevision(trx: Kysely<CcDatabase>, appGuid: string): Promise<Revision | undefined> {
  return await trx
    .selectFrom("revisions")
    .where("app_guid", "=", appGuid)
    .orderBy("id", "desc")
    .selectAll()
    .executeTakeFirst();
}

/**
 * The revision that the app is now: a new one when something changed since the last. Null for apps without revisions or droplet.
 * `app` is the row as it will be.
 */
export async function resolveRevision(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  app: App,
  actor: Actor | null,
): Promise<Revision | null> {
  if (app.revisions_enabled === 0 || app.droplet_guid === null) return null;
  const content = await contentOfApp(trx, app);
  const latest = await latestRevision(trx, app.guid);
  if (latest === undefined) return await createRevision(api, trx, place, content, "Initial revision.", actor);
  const reasons = revisionReasons(contentOfRevision(latest), content);
  return reasons.length === 0 ? latest : await createRevision(api, trx, place, content, reasons.join(" "), actor);
}

/** A new revision equal to an old one. Throws UnprocessableEntity when nothing would change. */
export async function rollbackRevision(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  revision: Revision,
  actor: Actor,
): Promise<Revision | null> {
  if (place.app.revisions_enabled === 0) return null;
  const latest = await latestRevision(trx, place.app.guid);
  const content = contentOfRevision(revision);
  const reasons = latest === undefined ? [] : revisionReasons(contentOfRevision(latest), content);
  if (reasons.length === 0) {
    throw unprocessable(
      "Unable to rollback. The code and configuration you are rolling back to is the same as the deployed revision.",
    );
  }
  const description = [...reasons, `Rolled back to revision ${revision.version}.`].join(" ");
  return await createRevision(api, trx, place, content, description, actor);
}

export function contentOfRevision(revision: Revision): RevisionContent {
  return {
    dropletGuid: revision.droplet_guid,
    environment: JSON.parse(revision.environment_variables) as Record<string, unknown>,
    commands: JSON.parse(revision.process_commands) as Record<string, string | null>,
    sidecars: JSON.parse(revision.sidecars) as RevisionSidecar[],
  };
}

async function contentOfApp(trx: Kysely<CcDatabase>, app: App): Promise<RevisionContent> {
  // In order of creation: the newest web process has the last word.
  const processes = await processesOfApp(trx, app.guid);
  const sidecars = await trx
    .selectFrom("sidecars")
    .where("app_guid", "=", app.guid)
    .orderBy("id")
    .selectAll()
    .execute();
  return {
    dropletGuid: app.droplet_guid,
    environment: JSON.parse(app.environment_variables) as Record<string, unknown>,
    commands: Object.fromEntries(processes.map(({ type, command }) => [type, command])),
    sidecars: sidecars.map(({ name, command, memory_in_mb, process_types }) => ({
      name,
      command,
      memory_in_mb,
      process_types: JSON.parse(process_types) as string[],
    })),
  };
}

async function createRevision(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  place: AppPlace,
  content: RevisionContent,
  description: string,
  actor: Actor | null,
): Promise<Revision> {
  const guid = place.app.guid;
  const latest = await latestRevision(trx, guid);
  const version = latest === undefined || latest.version >= VERSION_MAX ? 1 : latest.version + 1;
  await trx.deleteFrom("revisions").where("app_guid", "=", guid).where("version", "=", version).execute();
  const revision = await trx
    .insertInto("revisions")
    .values({
      ...api.stamp(),
      app_guid: guid,
      version,
      droplet_guid: content.dropletGuid,
      description,
      environment_variables: JSON.stringify(content.environment),
      process_commands: JSON.stringify(content.commands),
      sidecars: JSON.stringify(content.sidecars),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await dropOldRevisions(trx, guid);
  logToApp(api, place, `Creating revision for app with guid ${guid}`);
  if (actor !== null) {
    const data = { revision_guid: revision.guid, revision_version: revision.version };
    await api.event(trx, appEvent("audit.app.revision.create", place, actor, data));
  }
  return revision;
}

async function dropOldRevisions(trx: Kysely<CcDatabase>, appGuid: string): Promise<void> {
  const old = await trx
    .selectFrom("revisions")
    .where("app_guid", "=", appGuid)
    .where("guid", "not in", trx.selectFrom("processes").where("revision_guid", "is not", null).select("revision_guid"))
    .orderBy("id", "desc")
    .select("guid")
    .limit(10)
    .offset(RETAINED_MAX)
    .execute();
  if (old.length === 0) return;
  const guids = old.map(({ guid }) => guid);
  await deleteMetadata(trx, "revision", guids);
  await trx.deleteFrom("revisions").where("guid", "in", guids).execute();
}
