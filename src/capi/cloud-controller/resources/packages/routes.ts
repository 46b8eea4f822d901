import { accepted, created, ok, redirected } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notAuthorized, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { parseListQuery } from "../../list-query.ts";
import { changeMetadata, metadataOf } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite } from "../../visible.ts";
import { appGuidsInPlaces } from "../apps/list-places.ts";
import { logToApp } from "../apps/log-lines.ts";
import { appEvent, findAppPlace, visibleApp } from "../apps/place.ts";
import { PACKAGE_CREATE, PACKAGE_UPDATE } from "./body.ts";
import { copyPackage } from "./copy.ts";
import { deletePackage } from "./delete.ts";
import { PACKAGES_LIST, PACKAGES_OF_APP_LIST } from "./list.ts";
import { type Package, visiblePackage } from "./model.ts";
import { presentPackage } from "./present.ts";
import { registerPackageWork } from "./recover.ts";
import { uploadPackage } from "./upload.ts";

/** Registers `/v3/packages` and `/v3/apps/:guid/packages`. */
export function packages(api: CcApi): void {
  api.get("/v3/packages", index(api));
  api.get("/v3/apps/:guid/packages", index(api));
  api.post("/v3/packages", create(api));
  api.get("/v3/packages/:guid", async ({ params, access }) => {
    const { pkg } = await visiblePackage(api, access, params["guid"]!);
    return ok(await present(api, pkg));
  });
  api.patch("/v3/packages/:guid", update(api));
  api.post("/v3/packages/:guid/upload", upload(api), { body: "stream" });
  api.get("/v3/packages/:guid/download", download(api));
  api.delete("/v3/packages/:guid", remove(api));
  api.job("package.delete", deletePackage(api));
  registerPackageWork(api);
}

function index(api: CcApi): Handler {
  return async ({ query, access, path, params }) => {
    const appGuid = params["guid"];
    if (appGuid !== undefined) await visibleApp(api, access, appGuid);
    const list = parseListQuery(appGuid === undefined ? PACKAGES_LIST : PACKAGES_OF_APP_LIST, query);
    let rows = api.db.selectFrom("packages").selectAll("packages");
    const seen = appGuid === undefined ? appGuidsInPlaces(api, access, list) : null;
    if (seen !== null) rows = rows.where("packages.app_guid", "in", seen);
    if (appGuid !== undefined) rows = rows.where("packages.app_guid", "=", appGuid);
    const states = list.list("states");
    if (states !== null) rows = rows.where("packages.state", "in", states as Package["state"][]);
    const types = list.list("types");
    if (types !== null) rows = rows.where("packages.type", "in", types as Package["type"][]);
    const apps = list.list("app_guids");
    if (apps !== null) rows = rows.where("packages.app_guid", "in", apps);
    const page = await readPage(rows, "packages", list, { owner: "package" });
    const metadata = await metadataOf(
      api.db,
      "package",
      page.rows.map(({ guid }) => guid),
    );
    const resources = page.rows.map((row) => presentPackage(row, metadata(row.guid), api.links));
    return ok(presentPage(api.links, path, list, page.total, resources));
  };
}

function create(api: CcApi): Handler {
  return async (request) => {
    const { body, access, caller, query } = request;
    if (typeof query["source_guid"] === "string") {
      return created(await present(api, await copyPackage(api, request, query["source_guid"])));
    }
    const wanted = parseBody(PACKAGE_CREATE, body);
    const place = await findAppPlace(api.db, wanted.relationships.app);
    if (place === null || !access.canReadSpace(place.space)) {
      throw unprocessable("App is invalid. Ensure it exists and you have access to it.");
    }
    await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
    if (wanted.type !== "docker" && place.app.lifecycle_type === "docker") {
      throw unprocessable("Cannot create bits package for a Docker app.");
    }
    if (wanted.type !== "bits" && place.app.lifecycle_type === "buildpack") {
      throw unprocessable("Cannot create Docker package for a buildpack app.");
    }
    const data = (wanted.data ?? {}) as { image?: string; username?: string; password?: string };
    if ((data.password ?? "").length > 5000) throw unprocessable("docker_password can be up to 5,000 characters");
    const pkg = await api.transaction(async (trx) => {
      const row = await trx
        .insertInto("packages")
        .values({
          ...api.stamp(),
          app_guid: place.app.guid,
          type: wanted.type,
          state: wanted.type === "bits" ? "AWAITING_UPLOAD" : "READY",
          error: null,
          sha1: null,
          sha256: null,
          docker_image: data.image ?? null,
          docker_username: data.username ?? null,
          docker_password: data.password ?? null,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await changeMetadata(trx, "package", row.guid, wanted.metadata, api.config.limits);
      const request = { ...(body as object), ...(wanted.data ? { data: { ...data, password: "***" } } : {}) };
      const facts = { package_guid: row.guid, request };
      await api.event(trx, appEvent("audit.app.package.create", place, actorOf(caller), facts));
      return row;
    });
    logToApp(api, place, `Adding app package for app with guid ${place.app.guid}`);
    return created(await present(api, pkg));
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access }) => {
    const wanted = parseBody(PACKAGE_UPDATE, body);
    const { pkg, place } = await visiblePackage(api, access, params["guid"]!);
    if (pkg.type !== "docker" && (wanted.username || wanted.password)) {
      throw unprocessable("Cannot update Docker credentials for a buildpack app.");
    }
    await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
    const changed = await api.transaction(async (trx) => {
      const row = await trx
        .updateTable("packages")
        .set({
          updated_at: api.nowMs(),
          ...(typeof wanted.username === "string" ? { docker_username: wanted.username } : {}),
          ...(typeof wanted.password === "string" ? { docker_password: wanted.password } : {}),
        })
        .where("guid", "=", pkg.guid)
        .returningAll()
        .executeTakeFirstOrThrow();
      await changeMetadata(trx, "package", pkg.guid, wanted.metadata, api.config.limits);
      return row;
    });
    return ok(await present(api, changed));
  };
}

function upload(api: CcApi): Handler {
  return async (request) => {
    const { params, access } = request;
    await api.featureFlags.require("app_bits_upload", access);
    const { pkg, place } = await visiblePackage(api, access, params["guid"]!);
    await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
    if (pkg.type !== "bits") throw unprocessable("Package type must be bits.");
    if (pkg.state !== "AWAITING_UPLOAD") throw new CcError("PackageBitsAlreadyUploaded");
    const uploaded = await uploadPackage(api, request, pkg, place);
    if (uploaded.state === "READY" && (await api.featureFlags.enabled("resource_matching", access))) {
      await api.enqueue({
        operation: "package.cache_resources",
        resourceType: "package",
        resourceGuid: pkg.guid,
        actor: actorOf(request.caller),
      });
    }
    return ok(await present(api, uploaded));
  };
}

function download(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const { pkg, place } = await visiblePackage(api, access, params["guid"]!);
    if (!access.canReadSecrets(place.space)) throw notAuthorized();
    if (pkg.type !== "bits") throw unprocessable("Package type must be bits.");
    if (pkg.state !== "READY") throw unprocessable("Package has no bits to download.");
    if ((await api.deps.blobstore.stat("packages", pkg.guid)) === null) throw new CcError("BlobstoreUnavailable");
    const event = appEvent("audit.app.package.download", place, actorOf(caller), { package_guid: pkg.guid });
    await api.transaction((trx) => api.event(trx, event));
    logToApp(api, place, `Downloading app package for app with guid ${pkg.app_guid}`);
    return redirected(api.blobLinks.href("packages", pkg.guid));
  };
}

function remove(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const { pkg, place } = await visiblePackage(api, access, params["guid"]!);
    await requireSpaceWrite(api, access, place.space, access.canWriteSpace(place.space));
    const actor = actorOf(caller);
    return accepted(
      await api.enqueue({ operation: "package.delete", resourceType: "package", resourceGuid: pkg.guid, actor }),
    );
  };
}

async function present(api: CcApi, pkg: Package): Promise<object> {
  const metadata = await metadataOf(api.db, "package", [pkg.guid]);
  return presentPackage(pkg, metadata(pkg.guid), api.links);
}
