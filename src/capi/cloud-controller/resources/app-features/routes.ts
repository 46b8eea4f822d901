import { z } from "zod";
import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { notFound, unprocessable } from "../../errors.ts";
import { own, parseBody } from "../../validation.ts";
import { type App, manageableApp, visibleApp, writableApp } from "../apps/place.ts";

/** CC: models/helpers/app_features.rb */
export const APP_FEATURES = {
  ssh: { column: "enable_ssh", description: "Enable SSHing into the app." },
  revisions: { column: "revisions_enabled", description: "Enable versioning of an application" },
  "service-binding-k8s": {
    column: "service_binding_k8s_enabled",
    description: "Enable k8s service bindings for the app",
  },
  "file-based-vcap-services": {
    column: "file_based_vcap_services_enabled",
    description: "Enable file-based VCAP service bindings for the app",
  },
} as const;
export type AppFeature = keyof typeof APP_FEATURES;

export const BOTH_BINDING_FEATURES =
  "'file-based-vcap-services' and 'service-binding-k8s' features cannot be enabled at the same time.";

const UPDATE = z.strictObject({ enabled: z.boolean({ error: own("must be a boolean") }) });

/** Registers `/v3/apps/:app_guid/features` and `…/ssh_enabled`. */
export function appFeatures(api: CcApi): void {
  api.get("/v3/apps/:app_guid/features", index(api));
  api.get("/v3/apps/:app_guid/features/:name", async ({ params, access }) => {
    const { app } = await visibleApp(api, access, params["app_guid"]!);
    return ok(presentFeature(app, featureNamed(params["name"]!)));
  });
  api.patch("/v3/apps/:app_guid/features/:name", update(api));
  api.get("/v3/apps/:app_guid/ssh_enabled", sshEnabled(api));
}

export function isAppFeature(name: string): name is AppFeature {
  return Object.hasOwn(APP_FEATURES, name);
}

function featureNamed(name: string): AppFeature {
  if (!isAppFeature(name)) throw notFound("Feature");
  return name;
}

function index(api: CcApi): Handler {
  return async ({ params, access, path }) => {
    const { app } = await visibleApp(api, access, params["app_guid"]!);
    const resources = (Object.keys(APP_FEATURES) as AppFeature[]).map((name) => presentFeature(app, name));
    const here = api.links.to(path);
    return ok({
      resources,
      pagination: {
        total_results: resources.length,
        total_pages: 1,
        first: here,
        last: here,
        next: null,
        previous: null,
      },
    });
  };
}

function update(api: CcApi): Handler {
  return async (request) => {
    const guid = request.params["app_guid"]!;
    await visibleApp(api, request.access, guid);
    const name = featureNamed(request.params["name"]!);
    const place =
      name === "revisions" ? await manageableApp(api, request, guid) : await writableApp(api, request, guid);
    const { enabled } = parseBody(UPDATE, request.body);
    const { app } = place;
    const other =
      name === "file-based-vcap-services"
        ? app.service_binding_k8s_enabled
        : name === "service-binding-k8s"
          ? app.file_based_vcap_services_enabled
          : 0;
    if (enabled && other === 1) throw unprocessable(BOTH_BINDING_FEATURES);
    const changed = await api.db
      .updateTable("apps")
      .set({ [APP_FEATURES[name].column]: enabled ? 1 : 0, updated_at: api.nowMs() })
      .where("guid", "=", app.guid)
      .returningAll()
      .executeTakeFirst();
    if (changed === undefined) throw notFound("App");
    return ok(presentFeature(changed, name));
  };
}

/** CC: presenters/v3/app_ssh_status_presenter.rb */
function sshEnabled(api: CcApi): Handler {
  return async ({ params, access }) => {
    const { app, space } = await visibleApp(api, access, params["app_guid"]!);
    const reason =
      space.allow_ssh === 0
        ? `ssh is disabled for space '${space.name}'`
        : app.enable_ssh === 0
          ? "ssh is disabled for app"
          : "";
    return ok({ enabled: reason === "", reason });
  };
}

function presentFeature(app: App, name: AppFeature): object {
  const { column, description } = APP_FEATURES[name];
  return { name, description, enabled: app[column] === 1 };
}
