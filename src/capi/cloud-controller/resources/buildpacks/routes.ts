import { accepted, created, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { UPLOAD_PREFIX } from "../../blob-references.ts";
import { notAuthorized, notFound, unprocessable } from "../../errors.ts";
import type { JobWork } from "../../jobs.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery } from "../../list-query.ts";
import { changeMetadata, deleteMetadata, metadataOf } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { buildpackKey } from "../builds/source.ts";
import { sweepLeftovers } from "../packages/leftovers.ts";
import { BUILDPACK_CREATE, BUILDPACK_UPDATE } from "./body.ts";
import { buildpackEvent } from "./events.ts";
import { BUILDPACKS_LIST } from "./list.ts";
import { type Buildpack, presentBuildpack } from "./present.ts";
import { insertBuildpack, numberBuildpacks, placeBuildpack, requireUnique } from "./store.ts";
import { installSystemBuildpacks } from "./system.ts";
import { installUpload, uploadBuildpack } from "./upload.ts";

/** Registers `/v3/buildpacks` and `/v3/admin/actions/clear_buildpack_cache`; seeds the system buildpacks. */
export function buildpacks(api: CcApi): void {
  api.get("/v3/buildpacks", index(api));
  api.post("/v3/buildpacks", create(api));
  api.get("/v3/buildpacks/:guid", async ({ params }) => ok(await present(api, await find(api, params["guid"]!))));
  api.patch("/v3/buildpacks/:guid", update(api));
  api.delete("/v3/buildpacks/:guid", remove(api));
  api.post("/v3/buildpacks/:guid/upload", upload(api), { body: "stream" });
  api.post("/v3/admin/actions/clear_buildpack_cache", clearCaches(api));
  api.job("buildpack.delete", deleteBuildpack(api));
  api.job("buildpack.upload", installUpload(api));
  api.job("admin.clear_buildpack_cache", async () => {
    for (const key of await api.deps.blobstore.keys("buildpack-cache", "")) {
      await api.deps.blobstore.delete("buildpack-cache", key);
    }
  });
  api.prepare(async (signal) => installSystemBuildpacks(api, signal));
  sweepLeftovers(api, "buildpacks", async () => {
    const rows = await api.db.selectFrom("buildpacks").select(["guid", "sha256"]).execute();
    const jobs = await api.db.selectFrom("jobs").where("state", "=", "PROCESSING").select("input").execute();
    const waiting = jobs.map(({ input }) => String((JSON.parse(input) as { uploadKey?: unknown }).uploadKey ?? ""));
    return new Set([
      ...rows.map(({ guid, sha256 }) => buildpackKey(guid, sha256 ?? "")),
      ...waiting.filter((key) => key.startsWith(UPLOAD_PREFIX)),
    ]);
  });
}

function index(api: CcApi): Handler {
  return async ({ query, path }) => {
    const list = parseListQuery(BUILDPACKS_LIST, query);
    let rows = api.db.selectFrom("buildpacks").selectAll("buildpacks");
    const names = list.list("names");
    if (names !== null) rows = rows.where("name", "in", names);
    const stacks = list.list("stacks");
    if (stacks !== null) {
      // An empty name stands for buildpacks of any stack.
      const named = stacks.filter((stack) => stack !== "");
      rows = rows.where((eb) =>
        eb.or([
          ...(named.length > 0 ? [eb("stack", "in", named)] : []),
          ...(stacks.includes("") ? [eb("stack", "is", null)] : []),
        ]),
      );
    }
    const lifecycle = list.text("lifecycle");
    if (lifecycle !== null) rows = rows.where("lifecycle", "=", lifecycle as Buildpack["lifecycle"]);
    const ordered = list.orderBy === null ? { ...list, orderBy: "position" } : list;
    const page = await readPage(rows, "buildpacks", ordered, { owner: "buildpack" });
    const metadata = await metadataOf(
      api.db,
      "buildpack",
      page.rows.map(({ guid }) => guid),
    );
    const resources = page.rows.map((row) => presentBuildpack(row, metadata(row.guid), api.links));
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

function create(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(BUILDPACK_CREATE, body);
    const buildpack = await api.transaction(async (trx) => {
      const columns = {
        name: wanted.name,
        stack: wanted.stack ?? null,
        lifecycle: wanted.lifecycle ?? "buildpack",
        enabled: wanted.enabled === false ? 0 : 1,
        locked: wanted.locked === true ? 1 : 0,
      } as const;
      const row = await insertBuildpack(api, trx, columns, wanted.position ?? 1);
      await changeMetadata(trx, "buildpack", row.guid, wanted.metadata, api.config.limits);
      await api.event(trx, buildpackEvent("create", row, actorOf(caller), { request: body as object }));
      return row;
    });
    return created(await present(api, buildpack));
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    const buildpack = await find(api, params["guid"]!);
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(BUILDPACK_UPDATE, body);
    const changed = await api.transaction(async (trx) => {
      const stack = wanted.stack === undefined ? buildpack.stack : wanted.stack;
      if (buildpack.stack !== null && stack !== buildpack.stack)
        throw unprocessable("Buildpack stack cannot be changed");
      const columns = {
        name: wanted.name ?? buildpack.name,
        stack,
        enabled: flag(wanted.enabled, buildpack.enabled),
        locked: flag(wanted.locked, buildpack.locked),
        updated_at: api.nowMs(),
      };
      await requireUnique(trx, { ...buildpack, ...columns });
      await trx.updateTable("buildpacks").set(columns).where("guid", "=", buildpack.guid).execute();
      if (wanted.position !== undefined) await placeBuildpack(trx, buildpack, wanted.position);
      await changeMetadata(trx, "buildpack", buildpack.guid, wanted.metadata, api.config.limits);
      const row = await trx
        .selectFrom("buildpacks")
        .where("guid", "=", buildpack.guid)
        .selectAll()
        .executeTakeFirstOrThrow();
      await api.event(trx, buildpackEvent("update", row, actorOf(caller), { request: body as object }));
      return row;
    });
    return ok(await present(api, changed));
  };
}

function flag(wanted: boolean | undefined, before: 0 | 1): 0 | 1 {
  return wanted === undefined ? before : wanted ? 1 : 0;
}

function upload(api: CcApi): Handler {
  return async (request) => {
    const buildpack = await find(api, request.params["guid"]!);
    if (!request.access.admin) throw notAuthorized();
    if (buildpack.locked === 1) throw unprocessable("Buildpack is locked");
    const job = await uploadBuildpack(api, request, buildpack);
    return accepted(job, await present(api, buildpack));
  };
}

function remove(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const { guid } = await find(api, params["guid"]!);
    if (!access.admin) throw notAuthorized();
    const job = { operation: "buildpack.delete", resourceType: "buildpack", resourceGuid: guid };
    return accepted(await api.enqueue({ ...job, actor: actorOf(caller) }));
  };
}

function deleteBuildpack(api: CcApi): JobWork {
  return async (job) => {
    const guid = job.resourceGuid;
    const buildpack = await api.db.selectFrom("buildpacks").where("guid", "=", guid).selectAll().executeTakeFirst();
    if (buildpack === undefined) return;
    await api.transaction(async (trx) => {
      await api.event(trx, buildpackEvent("delete", buildpack, job.actor));
      await deleteMetadata(trx, "buildpack", [guid]);
      await trx.deleteFrom("buildpacks").where("guid", "=", guid).execute();
      const rows = await trx
        .selectFrom("buildpacks")
        .where("lifecycle", "=", buildpack.lifecycle)
        .orderBy("position")
        .select("guid")
        .execute();
      await numberBuildpacks(
        trx,
        rows.map((row) => row.guid),
      );
    });
    await api.durable();
    await api.deps.blobstore.delete("buildpacks", buildpackKey(guid, buildpack.sha256 ?? ""));
  };
}

function clearCaches(api: CcApi): Handler {
  return async ({ access, caller }) => {
    if (!access.admin) throw notAuthorized();
    const job = { operation: "admin.clear_buildpack_cache", resourceType: "", resourceGuid: "" };
    return accepted(await api.enqueue({ ...job, actor: actorOf(caller) }));
  };
}

async function find(api: CcApi, guid: string): Promise<Buildpack> {
  const buildpack = await api.db.selectFrom("buildpacks").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (buildpack === undefined) throw notFound("Buildpack");
  return buildpack;
}

async function present(api: CcApi, buildpack: Buildpack): Promise<object> {
  const metadata = await metadataOf(api.db, "buildpack", [buildpack.guid]);
  return presentBuildpack(buildpack, metadata(buildpack.guid), api.links);
}
