import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf, HIDDEN } from "../../audit-events.ts";
import { notAuthorized } from "../../errors.ts";
import { parseBody } from "../../validation.ts";
import { FILE_DESCRIPTORS } from "../processes/model.ts";
import { ownershipOf } from "../processes/source.ts";
import { vcapApplication, vcapServices } from "./environment.ts";
import { boundServices, environmentGroup, mappedRoutes, routeUris } from "./environment-store.ts";
import { changeEnvironment, ENVIRONMENT_CHANGE } from "./environment-variables.ts";
import { type AppPlace, appEvent, manageableApp, visibleApp } from "./place.ts";
import { lockedApp } from "./state.ts";
import { recordAppUpdate } from "./update.ts";

/** Registers `/v3/apps/:guid/env` and `…/environment_variables`. */
export function registerEnvironment(api: CcApi): void {
  api.get("/v3/apps/:guid/env", showAll(api));
  api.get("/v3/apps/:guid/environment_variables", async (request) => {
    const place = await readable(api, request);
    await record(api, request, place, "audit.app.environment_variables.show");
    return ok(presentVariables(api, place.app.guid, JSON.parse(place.app.environment_variables) as object));
  });
  api.patch("/v3/apps/:guid/environment_variables", change(api));
}

/** CC: presenters/v3/app_env_presenter.rb */
function showAll(api: CcApi): Handler {
  return async (request) => {
    const place = await readable(api, request);
    await record(api, request, place, "audit.app.environment.show");
    const guid = place.app.guid;
    const application = vcapApplication({
      ...ownershipOf(place),
      apiUrl: api.config.urls.api,
      uris: routeUris(await mappedRoutes(api.db, guid)),
      limits: { fds: FILE_DESCRIPTORS },
    });
    const secrets = request.access.canReadSecrets(place.space);
    return ok({
      staging_env_json: await environmentGroup(api.db, "staging"),
      running_env_json: await environmentGroup(api.db, "running"),
      environment_variables: JSON.parse(place.app.environment_variables) as object,
      system_env_json: secrets
        ? { VCAP_SERVICES: vcapServices(await boundServices(api.db, guid)) }
        : { redacted_message: HIDDEN },
      application_env_json: { VCAP_APPLICATION: application },
    });
  };
}

function change(api: CcApi): Handler {
  return async (request) => {
    const place = await manageableApp(api, request, request.params["guid"]!);
    const wanted = parseBody(ENVIRONMENT_CHANGE, request.body);
    const variables = await api.transaction(async (trx) => {
      const app = await lockedApp(trx, place);
      const changed = changeEnvironment(JSON.parse(app.environment_variables) as Record<string, unknown>, wanted.var);
      await trx
        .updateTable("apps")
        .set({ environment_variables: JSON.stringify(changed), updated_at: api.nowMs() })
        .where("guid", "=", app.guid)
        .execute();
      await recordAppUpdate(api, trx, place, { environment_variables: HIDDEN }, actorOf(request.caller), false);
      return changed;
    });
    return ok(presentVariables(api, place.app.guid, variables));
  };
}

/** For those who may read variables, while the operator lets anybody. */
async function readable(api: CcApi, request: CcRequest): Promise<AppPlace> {
  const { access, params } = request;
  await api.featureFlags.require("env_var_visibility", access);
  const place = await visibleApp(api, access, params["guid"]!);
  if (!access.canReadEnvironment(place.space)) throw notAuthorized();
  await api.featureFlags.require("space_developer_env_var_visibility", access);
  return place;
}

async function record(api: CcApi, request: CcRequest, place: AppPlace, type: string): Promise<void> {
  await api.transaction((trx) => api.event(trx, appEvent(type, place, actorOf(request.caller), {})));
}

/** CC: presenters/v3/app_environment_variables_presenter.rb */
function presentVariables(api: CcApi, appGuid: string, variables: object): object {
  return {
    var: variables,
    links: {
      self: api.links.to(`/v3/apps/${appGuid}/environment_variables`),
      app: api.links.to(`/v3/apps/${appGuid}`),
    },
  };
}
