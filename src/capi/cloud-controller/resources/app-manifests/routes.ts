import { accessOf } from "../../access.ts";
import { rolesOfUser } from "../../access-store.ts";
import { accepted, created } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf, HIDDEN } from "../../audit-events.ts";
import { CcError, CompoundError, notAuthorized, unprocessable } from "../../errors.ts";
import type { JobWork } from "../../jobs.ts";
import { requireSpaceWrite, type Space, visibleSpace } from "../../visible.ts";
import { createApp } from "../apps/create.ts";
import { logToApp } from "../apps/log-lines.ts";
import { appEvent, placeOfSpace, visibleApp } from "../apps/place.ts";
import { applyManifest } from "./apply.ts";
import { manifestBindingFailure } from "./apply-services.ts";
import { manifestDiff } from "./diff.ts";
import { type ManifestEntry, parseManifest } from "./manifest-yaml.ts";
import type { AppManifest, ManifestFlags } from "./model.ts";
import { manifestOfApp } from "./present.ts";
import { readAppManifest } from "./read-manifest.ts";
import { written } from "./written-value.ts";

const YAML_TYPES = /^(?:application|text)\/(?:x-)?yaml\b/i;

/** What the job keeps: the entries as written, and what the caller might do when he asked. */
interface ApplyInput {
  readonly apps: readonly { readonly guid: string; readonly entry: ManifestEntry }[];
  readonly flags: ManifestFlags;
  readonly routeCreation: boolean;
  readonly scopes: readonly string[];
  /** How many apps are done, but for their bindings; written down with what was changed. */
  readonly done?: number;
}

/** Registers manifests: apply, diff and the app's own. */
export function appManifests(api: CcApi): void {
  api.post("/v3/spaces/:guid/actions/apply_manifest", apply(api), { body: "text" });
  api.post("/v3/spaces/:guid/manifest_diff", diff(api), { body: "text" });
  api.get("/v3/apps/:guid/manifest", show(api));
  api.job("space.apply_manifest", applyAll(api));
}

/** CC: controllers/v3/space_manifests_controller.rb */
function apply(api: CcApi): Handler {
  return async (request) => {
    const { space, flags, entries, manifests } = await read(api, request);
    const routeCreation = request.access.admin || (await api.featureFlags.enabled("route_creation", request.access));
    const actor = actorOf(request.caller);
    const where = await placeOfSpace(api.db, space.guid);
    const job = await api.transaction(async (trx) => {
      const apps: ApplyInput["apps"][number][] = [];
      for (const [at, manifest] of manifests.entries()) {
        const existing = await trx
          .selectFrom("apps")
          .where("space_guid", "=", space.guid)
          .where("name", "=", manifest.name)
          .selectAll()
          .executeTakeFirst();
        const app =
          existing ??
          (await createApp(
            api,
            trx,
            where,
            {
              name: manifest.name,
              environment: {},
              lifecycle: manifest.lifecycle ?? {},
              request: { name: manifest.name, relationships: { space: { data: { guid: space.guid } } } },
            },
            actor,
          ).catch((error) => {
            if (!(error instanceof CcError)) throw error;
            throw unprocessable(`For application '${manifest.name}': ${error.message}`);
          }));
        refuseOtherLifecycle(app.lifecycle_type, manifest);
        apps.push({ guid: app.guid, entry: entries[at]! });
        const yaml = await auditedYaml(entries[at]!);
        const place = { app, ...where };
        logToApp(api, place, `Applied manifest to app with guid ${app.guid} (${yaml})`);
        await api.event(trx, appEvent("audit.app.apply_manifest", place, actor, { request: { manifest: yaml } }));
      }
      const input: ApplyInput = {
        apps,
        flags,
        routeCreation,
        scopes: [...request.caller.scopes],
      };
      return await api.enqueue(
        { operation: "space.apply_manifest", resourceType: "space", resourceGuid: space.guid, actor, input },
        trx,
      );
    });
    return accepted(job);
  };
}

/** While brokers bind; the last one's end wakes the job. */
const BINDINGS_LOOK_MS = 5_000;

/**
 * The job: each app in turn, and after each the bindings that brokers make for it. After a crash it goes on with the next app.
 * CC: jobs/space_apply_manifest_action_job.rb
 */
function applyAll(api: CcApi): JobWork {
  return async (job) => {
    const input = job.input as unknown as ApplyInput;
    const subJobs = await api.jobs.subJobs(job.guid);
    if (subJobs.open > 0) return { againInMs: BINDINGS_LOOK_MS };
    const failure = await manifestBindingFailure(api, subJobs);
    if (failure !== null) throw failure;
    const access = accessOf(job.actor.guid, new Set(input.scopes), await rolesOfUser(api.db, job.actor.guid));
    const { actor } = job;
    for (const [at, { guid, entry }] of input.apps.entries()) {
      if (at < (input.done ?? 0)) continue;
      const read = readAppManifest(entry, input.flags);
      if ("faults" in read) throw unprocessable(...read.faults);
      const context = { actor, access, routeCreation: input.routeCreation, job };
      const done = { ...input, done: at + 1 };
      const waiting = await applyManifest(api, guid, read.manifest, context, (trx) => job.keep(trx, done));
      if (waiting > 0) return { againInMs: BINDINGS_LOOK_MS, input: done };
    }
    return undefined;
  };
}

function diff(api: CcApi): Handler {
  return async (request) => {
    const { space, entries } = await read(api, request);
    const steps = [];
    for (const [index, entry] of entries.entries()) {
      const app = await api.db
        .selectFrom("apps")
        .where("space_guid", "=", space.guid)
        .where("name", "=", written(entry["name"]))
        .selectAll()
        .executeTakeFirst();
      steps.push(...manifestDiff(index, entry, app === undefined ? null : await manifestOfApp(api.db, app)));
    }
    return created({ diff: steps });
  };
}

/** CC: controllers/v3/app_manifests_controller.rb */
function show(api: CcApi): Handler {
  return async ({ params, access }) => {
    const { app, space } = await visibleApp(api, access, params["guid"]!);
    if (!access.canReadSecrets(space)) throw notAuthorized();
    const { stringify } = await import("yaml");
    const yaml = `---\n${stringify({ applications: [await manifestOfApp(api.db, app)] }, { lineWidth: 0, indentSeq: false })}`;
    return { status: 200, body: yaml, headers: { "content-type": "application/x-yaml" } };
  };
}

async function read(
  api: CcApi,
  { params, access, headers, body }: CcRequest,
): Promise<{ space: Space; flags: ManifestFlags; entries: readonly ManifestEntry[]; manifests: AppManifest[] }> {
  if (!YAML_TYPES.test(headers["content-type"] ?? "")) throw new CcError("BadRequest", ["Content-Type must be yaml"]);
  const space = await visibleSpace(api, access, params["guid"]!);
  await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
  const entries = await parseManifest(String(body));
  const flags = {
    docker: await api.featureFlags.enabled("diego_docker", access),
    cnb: await api.featureFlags.enabled("diego_cnb", access),
    hashing: await api.featureFlags.enabled("hash_based_routing", access),
  };
  const faults: CcError[] = [];
  const manifests: AppManifest[] = [];
  for (const [index, entry] of entries.entries()) {
    const result = readAppManifest(entry, flags);
    if ("manifest" in result) manifests.push(result.manifest);
    else {
      const named = typeof entry["name"] === "string" && entry["name"].trim() !== "";
      const where = named ? `For application '${written(entry["name"])}'` : `For application at index ${index}`;
      faults.push(...result.faults.map((fault) => unprocessable(`${where}: ${fault}`)));
    }
  }
  const [first, ...others] = faults;
  if (first !== undefined) throw new CompoundError([first, ...others]);
  return { space, flags, entries, manifests };
}

function refuseOtherLifecycle(type: string, manifest: AppManifest): void {
  const prefix = `For application '${manifest.name}':`;
  if (type === "docker" && manifest.lifecycle?.buildpacks !== undefined) {
    throw unprocessable(`${prefix} Buildpacks cannot be configured for a docker lifecycle app.`);
  }
  if (type === "buildpack" && manifest.docker) {
    throw unprocessable(`${prefix} Docker cannot be configured for a buildpack lifecycle app.`);
  }
}

/** The entry without secrets. */
async function auditedYaml(entry: ManifestEntry): Promise<string> {
  const { stringify } = await import("yaml");
  const hidden = {
    ...entry,
    ...(entry["env"] === undefined ? {} : { env: HIDDEN }),
    ...(entry["cnb-credentials"] === undefined ? {} : { "cnb-credentials": HIDDEN }),
  };
  return `---\n${stringify({ applications: [hidden] })}`;
}
