import type { Kysely } from "kysely";
import type { Access } from "../../access.ts";
import { noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { type Actor, actorOf } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import { parseShowQuery } from "../../list-query.ts";
import { presentToMany, TO_MANY_BODY } from "../../relationship.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite, type Space } from "../../visible.ts";
import { unbindInSpace } from "../service-credential-bindings/unbind-all.ts";
import { recordInstance } from "./events.ts";
import { includedFields } from "./fields.ts";
import { isBeingCreated, isCreateFailed, isOperation } from "./last-operation.ts";
import { managedInstance, requiresOf } from "./managed.ts";
import { isVisibleInSpace } from "./plan-choice.ts";
import { type ServiceInstance, visibleInstance, writableInstance } from "./readable.ts";

/** CC: messages/shared_spaces_show_message.rb */
const SHARED_FIELDS = {
  space: ["name", "guid", "relationships.organization"],
  "space.organization": ["name", "guid"],
} as const;

/** Registers the sharing of instances between spaces. CC: controllers/v3/service_instances_controller.rb */
export function serviceInstanceSharing(api: CcApi): void {
  const path = "/v3/service_instances/:guid/relationships/shared_spaces";
  api.get(path, async ({ params, query, access }) => {
    const instance = await visibleInstance(api, access, params["guid"]!);
    const { fields } = parseShowQuery({ fields: SHARED_FIELDS }, query);
    const guids = await sharedSpaces(api, instance);
    const spaces = guids.map((guid) => ({ space_guid: guid, service_plan_guid: null }));
    return ok({ ...present(api, instance, guids), ...(await includedFields(api, access, fields, spaces)) });
  });
  api.get(`${path}/usage_summary`, usageSummary(api));
  api.post(path, share(api));
  api.delete(`${path}/:space_guid`, unshare(api));
}

function present(api: CcApi, instance: ServiceInstance, guids: readonly string[]): object {
  return presentToMany(api.links, `/v3/service_instances/${instance.guid}`, "shared_spaces", guids, false);
}

async function sharedSpaces(api: CcApi, instance: ServiceInstance): Promise<string[]> {
  const rows = await api.db
    .selectFrom("service_instance_shares")
    .innerJoin("spaces", "spaces.guid", "service_instance_shares.space_guid")
    .where("service_instance_guid", "=", instance.guid)
    .orderBy("spaces.id")
    .select("spaces.guid")
    .execute();
  return rows.map(({ guid }) => guid);
}

function share(api: CcApi): Handler {
  return async (request) => {
    const { access, caller } = request;
    await api.featureFlags.require("service_instance_sharing", access);
    const { instance } = await writableInstance(api, request);
    const guids = [...new Set(parseBody(TO_MANY_BODY, request.body))];
    const spaces = await api.db.selectFrom("spaces").where("guid", "in", guids).orderBy("id").selectAll().execute();
    await requireWritableSpaces(api, access, instance, guids, spaces);
    await requireShareable(api, instance, spaces);
    await api.transaction(async (trx) => {
      for (const space of spaces) await requireFreeName(trx, instance, space);
      for (const space of spaces) {
        await trx
          .insertInto("service_instance_shares")
          .values({ service_instance_guid: instance.guid, space_guid: space.guid })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      const data = { target_space_guids: spaces.map(({ guid }) => guid) };
      await recordInstance(api, trx, "share", instance, actorOf(caller), data);
    });
    return ok(present(api, instance, await sharedSpaces(api, instance)));
  };
}

async function requireWritableSpaces(
  api: CcApi,
  access: Access,
  instance: ServiceInstance,
  guids: readonly string[],
  found: readonly Space[],
): Promise<void> {
  const seen = found.filter((space) => access.canReadSpace(space));
  const hidden = guids.filter((guid) => !seen.some((space) => space.guid === guid));
  const closed: string[] = [];
  for (const space of seen) {
    const open = await requireSpaceWrite(api, access, space, access.canWriteSpace(space)).then(
      () => space.status === "active" || access.admin,
      () => false,
    );
    if (!open) closed.push(space.guid);
  }
  const quoted = (list: readonly string[]): string => list.map((guid) => `'${guid}'`).join(", ");
  const texts: string[] = [];
  const unable = (list: readonly string[]): string =>
    `Unable to share service instance ${instance.name} with spaces [${quoted(list)}].`;
  if (hidden.length > 0) texts.push(`${unable(hidden)} Ensure the spaces exist and that you have access to them.`);
  if (closed.length > 0) {
    texts.push(`${unable(closed)} Write permission is required in order to share a service instance with a space.`);
  }
  if (texts.length > 0) throw unprocessable(texts.join("\n"));
}

/** CC: actions/service_instance_share.rb, in its order */
async function requireShareable(api: CcApi, instance: ServiceInstance, spaces: readonly Space[]): Promise<void> {
  const managed = await managedInstance(api.db, instance.guid);
  const isRouteService =
    managed === null ? Boolean(instance.route_service_url) : requiresOf(managed).includes("route_forwarding");
  if (isRouteService) throw unprocessable("Route services cannot be shared.");
  if (managed === null) throw unprocessable("User-provided services cannot be shared.");
  const { offering, plan } = managed;
  if (offering.shareable === 0) {
    throw unprocessable(`The ${offering.name} service does not support service instance sharing.`);
  }
  if (spaces.some(({ guid }) => guid === instance.space_guid)) {
    throw unprocessable(
      `Unable to share service instance '${instance.name}' with space '${instance.space_guid}'. Service instances cannot be shared into the space where they were created.`,
    );
  }
  if (plan.available === 0) {
    throw unprocessable(`The service instance could not be shared as the ${plan.name} plan is inactive.`);
  }
  for (const space of spaces) {
    if (await isVisibleInSpace(api, managed, space)) continue;
    const organization = await api.db
      .selectFrom("organizations")
      .where("guid", "=", space.organization_guid)
      .select("name")
      .executeTakeFirst();
    throw unprocessable(
      `Access to service ${offering.name} and plan ${plan.name} is not enabled in ${organization?.name}/${space.name}.`,
    );
  }
  if (isCreateFailed(instance)) throw new CcError("ServiceInstanceNotFound", [instance.name]);
  if (isBeingCreated(instance)) {
    throw unprocessable("Service instance is currently being created. It can be shared after its creation succeeded.");
  }
  if (isOperation(instance, "delete", "in progress")) throw unprocessable("The service instance is getting deleted.");
}

async function requireFreeName(trx: Kysely<CcDatabase>, instance: ServiceInstance, space: Space): Promise<void> {
  const named = trx.selectFrom("service_instances").where("name", "=", instance.name);
  const own = await named.where("space_guid", "=", space.guid).select("guid").executeTakeFirst();
  if (own !== undefined) {
    throw unprocessable(`A service instance called ${instance.name} already exists in ${space.name}.`);
  }
  const shares = trx
    .selectFrom("service_instance_shares")
    .where("space_guid", "=", space.guid)
    .select("service_instance_guid");
  if ((await named.where("guid", "in", shares).select("guid").executeTakeFirst()) !== undefined) {
    throw unprocessable(`A service instance called ${instance.name} has already been shared with ${space.name}.`);
  }
}

function unshare(api: CcApi): Handler {
  return async (request) => {
    const { instance } = await writableInstance(api, request);
    const spaceGuid = request.params["space_guid"]!;
    const space = await api.db.selectFrom("spaces").where("guid", "=", spaceGuid).select("guid").executeTakeFirst();
    if (space === undefined) {
      throw unprocessable(`Unable to unshare service instance from space ${spaceGuid}. Ensure the space exists.`);
    }
    await unshareFrom(api, instance, spaceGuid, actorOf(request.caller), request.signal);
    return noContent();
  };
}

/**
 * Deletes the bindings that a space's apps have, then the share. Throws ServiceInstanceUnshareFailed while a binding stays.
 * CC: actions/service_instance_unshare.rb
 */
export async function unshareFrom(
  api: CcApi,
  instance: ServiceInstance,
  spaceGuid: string,
  actor: Actor,
  signal: AbortSignal,
): Promise<void> {
  const failures = await unbindInSpace(api, instance, spaceGuid, actor, signal);
  if (failures.length > 0) {
    throw new CcError("ServiceInstanceUnshareFailed", [
      `Unshare of service instance failed because one or more bindings could not be deleted.\n\n ${failures
        .map((text) => `\t${text}`)
        .join("\n\n")}`,
    ]);
  }
  await api.transaction(async (trx) => {
    const { numDeletedRows } = await trx
      .deleteFrom("service_instance_shares")
      .where("service_instance_guid", "=", instance.guid)
      .where("space_guid", "=", spaceGuid)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return;
    await recordInstance(api, trx, "unshare", instance, actor, { target_space_guid: spaceGuid });
  });
}

/** CC: presenters/v3/shared_spaces_usage_summary_presenter.rb */
function usageSummary(api: CcApi): Handler {
  return async ({ params, access }) => {
    const instance = await visibleInstance(api, access, params["guid"]!);
    const bindings = await api.db
      .selectFrom("service_credential_bindings")
      .innerJoin("apps", "apps.guid", "service_credential_bindings.app_guid")
      .where("service_instance_guid", "=", instance.guid)
      .select("apps.space_guid")
      .execute();
    const path = `/v3/service_instances/${instance.guid}`;
    const guids = await sharedSpaces(api, instance);
    return ok({
      usage_summary: guids.map((guid) => ({
        space: { guid },
        bound_app_count: bindings.filter((binding) => binding.space_guid === guid).length,
      })),
      links: {
        self: api.links.to(`${path}/relationships/shared_spaces/usage_summary`),
        shared_spaces: api.links.to(`${path}/relationships/shared_spaces`),
        service_instance: api.links.to(path),
      },
    });
  };
}
