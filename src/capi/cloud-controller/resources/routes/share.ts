import type { Access } from "../../access.ts";
import { noContent, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { type Actor, actorOf } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import { presentToMany, TO_MANY_BODY, TO_ONE_REQUIRED_BODY } from "../../relationship.ts";
import { parseBody } from "../../validation.ts";
import { requireSpaceWrite, type Space } from "../../visible.ts";
import { isUsable } from "../domains/store.ts";
import { type Route, routeUrl } from "./present.ts";
import { domainOf, spaceOf, visibleRoute, writableRoute } from "./visible-route.ts";

/** Registers the sharing of routes between spaces and the change of their owner. CC: controllers/v3/routes_controller.rb */
export function routeSharing(api: CcApi): void {
  const path = "/v3/routes/:guid/relationships/shared_spaces";
  api.get(path, async ({ params, access }) => {
    await api.featureFlags.require("route_sharing", access);
    return ok(await presentShares(api, await visibleRoute(api, access, params["guid"]!)));
  });
  api.post(path, share(api));
  api.delete(`${path}/:space_guid`, unshare(api));
  api.patch("/v3/routes/:guid/relationships/space", transfer(api));
}

async function presentShares(api: CcApi, route: Route): Promise<object> {
  const rows = await api.db
    .selectFrom("route_shares")
    .innerJoin("spaces", "spaces.guid", "route_shares.space_guid")
    .where("route_guid", "=", route.guid)
    .orderBy("spaces.id")
    .select("spaces.guid")
    .execute();
  const guids = rows.map(({ guid }) => guid);
  return presentToMany(api.links, `/v3/routes/${route.guid}`, "shared_spaces", guids, false);
}

function share(api: CcApi): Handler {
  return async (request) => {
    const { access } = request;
    await api.featureFlags.require("route_sharing", access);
    const route = await writableRoute(api, request);
    const guids = parseBody(TO_MANY_BODY, request.body);
    const url = routeUrl(route, await domainOf(api, route));
    const spaces = await api.db.selectFrom("spaces").where("guid", "in", guids).selectAll().execute();
    const seen = spaces.filter((space) => access.canReadSpace(space));
    const hidden = guids.filter((guid) => !seen.some((space) => space.guid === guid));
    const closed: string[] = [];
    for (const space of seen) {
      if (!(await isWritable(api, access, space, access.canWriteSpace(space)))) closed.push(space.guid);
    }
    const quoted = (list: readonly string[]): string => list.map((guid) => `'${guid}'`).join(", ");
    const texts = [
      ...(hidden.length > 0
        ? [
            `Unable to share route ${url} with spaces [${quoted(hidden)}]. Ensure the spaces exist and that you have access to them.`,
          ]
        : []),
      ...(closed.length > 0
        ? [
            `Unable to share route ${url} with spaces [${quoted(closed)}]. Write permission is required in order to share a route with a space and the containing organization must not be suspended.`,
          ]
        : []),
    ];
    if (texts.length > 0) throw unprocessable(texts.join("\n"));
    if (guids.includes(route.space_guid)) {
      throw unprocessable(
        `Unable to share route '${url}' with space '${route.space_guid}'. Routes cannot be shared into the space where they were created.`,
      );
    }
    const space = await spaceOf(api, route);
    await api.transaction(async (trx) => {
      for (const guid of guids) await addShare(trx, route.guid, guid);
      await record(api, trx, "share", route, space, actorOf(request.caller), { target_space_guids: guids });
    });
    return ok(await presentShares(api, route));
  };
}

async function isWritable(api: CcApi, access: Access, space: Space, allowed: boolean): Promise<boolean> {
  try {
    await requireSpaceWrite(api, access, space, allowed);
    return true;
  } catch (error) {
    if (error instanceof CcError) return false;
    throw error;
  }
}

function unshare(api: CcApi): Handler {
  return async (request) => {
    await api.featureFlags.require("route_sharing", request.access);
    const route = await writableRoute(api, request);
    const guid = request.params["space_guid"]!;
    const url = routeUrl(route, await domainOf(api, route));
    const target = await reachableSpace(
      api,
      request.access,
      guid,
      `Unable to unshare route '${url}' from space '${guid}'.`,
    );
    if (target.guid === route.space_guid) {
      throw unprocessable(
        `Unable to unshare route '${url}' from space '${guid}'. Routes cannot be removed from the space that owns them.`,
      );
    }
    const space = await spaceOf(api, route);
    await api.transaction(async (trx) => {
      await trx
        .deleteFrom("route_shares")
        .where("route_guid", "=", route.guid)
        .where("space_guid", "=", guid)
        .execute();
      await record(api, trx, "unshare", route, space, actorOf(request.caller), { target_space_guid: guid });
    });
    return noContent();
  };
}

function transfer(api: CcApi): Handler {
  return async (request) => {
    const { access } = request;
    await api.featureFlags.require("route_sharing", access);
    const guid = parseBody(TO_ONE_REQUIRED_BODY, request.body);
    const route = await visibleRoute(api, access, request.params["guid"]!);
    const space = await spaceOf(api, route);
    await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
    const domain = await domainOf(api, route);
    const prefix = `Unable to transfer owner of route '${routeUrl(route, domain)}' to space '${guid ?? ""}'.`;
    const target = await reachableSpace(api, access, guid ?? "", prefix);
    if (!(await isUsable(api.db, domain, target.organization_guid))) {
      throw unprocessable(`${prefix} Target space does not have access to route's domain`);
    }
    if (target.guid === space.guid) return ok({ status: "ok" });
    await api.transaction(async (trx) => {
      await trx
        .updateTable("routes")
        .set({ space_guid: target.guid, updated_at: api.nowMs() })
        .where("guid", "=", route.guid)
        .execute();
      await trx
        .deleteFrom("route_shares")
        .where("route_guid", "=", route.guid)
        .where("space_guid", "=", target.guid)
        .execute();
      await addShare(trx, route.guid, space.guid);
      await record(api, trx, "transfer-owner", route, space, actorOf(request.caller), {
        target_space_guid: target.guid,
      });
    });
    return ok({ status: "ok" });
  };
}

async function reachableSpace(api: CcApi, access: Access, guid: string, prefix: string): Promise<Space> {
  const space = await api.db.selectFrom("spaces").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (space === undefined || !access.canReadSpace(space)) {
    throw unprocessable(`${prefix} Ensure the space exists and that you have access to it.`);
  }
  if (!access.canManageApps(space)) {
    throw unprocessable(`${prefix} You don't have write permission for the target space.`);
  }
  if (!(await isWritable(api, access, space, true))) {
    throw unprocessable(`${prefix} The target organization or space is suspended.`);
  }
  return space;
}

async function addShare(trx: CcApi["db"], routeGuid: string, spaceGuid: string): Promise<void> {
  await trx
    .insertInto("route_shares")
    .values({ route_guid: routeGuid, space_guid: spaceGuid })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** CC: repositories/route_event_repository.rb */
async function record(
  api: CcApi,
  trx: CcApi["db"],
  action: "share" | "unshare" | "transfer-owner",
  route: Route,
  space: Space,
  actor: Actor,
  data: object,
): Promise<void> {
  await api.event(trx, {
    type: `audit.route.${action}`,
    actor,
    target: { guid: route.guid, type: "route", name: route.host },
    organizationGuid: space.organization_guid,
    spaceGuid: space.guid,
    data,
  });
}
