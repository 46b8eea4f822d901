import { isUniqueViolation } from "../../../../kit/database.ts";
import type { Access } from "../../access.ts";
import { accepted, created, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import type { CcRequest } from "../../api/request.ts";
import { actorOf } from "../../audit-events.ts";
import { notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { listed } from "../../relationship.ts";
import { parseBody } from "../../validation.ts";
import { visibleSpace } from "../../visible.ts";
import { bindSpaces, securityGroupBindings } from "./bind.ts";
import { SECURITY_GROUP_CREATE, SECURITY_GROUP_UPDATE } from "./body.ts";
import { type Lifecycle, presentGroups, readableGroups, type SecurityGroup } from "./store.ts";

/** CC: messages/security_group_list_message.rb */
const GROUPS_LIST: ListSpec = {
  filters: {
    names: "list",
    running_space_guids: "list",
    staging_space_guids: "list",
    globally_enabled_running: "boolean",
    globally_enabled_staging: "boolean",
  },
  mistakesAre: "UnprocessableEntity",
};
const SPACE_GROUPS_LIST: ListSpec = { filters: { names: "list" }, mistakesAre: "UnprocessableEntity" };

/** Registers `/v3/security_groups` and the groups of a space. CC: controllers/v3/security_groups_controller.rb */
export function securityGroups(api: CcApi): void {
  api.get("/v3/security_groups", index(api));
  api.post("/v3/security_groups", create(api));
  api.get("/v3/security_groups/:guid", async ({ params, access }) =>
    ok(await present(api, access, await visibleGroup(api, access, params["guid"]!))),
  );
  api.patch("/v3/security_groups/:guid", update(api));
  api.delete("/v3/security_groups/:guid", async ({ params, access, caller }) => {
    const group = await visibleGroup(api, access, params["guid"]!);
    if (!access.admin) throw notAuthorized();
    const job = await api.enqueue({
      operation: "security_group.delete",
      resourceType: "security_group",
      resourceGuid: group.guid,
      actor: actorOf(caller),
    });
    return accepted(job);
  });
  api.job("security_group.delete", async ({ resourceGuid }) => {
    await api.transaction(async (trx) => {
      await trx.deleteFrom("security_group_spaces").where("security_group_guid", "=", resourceGuid).execute();
      await trx.deleteFrom("security_groups").where("guid", "=", resourceGuid).execute();
    });
    api.hooks.securityGroupsChanged(null);
    return undefined;
  });
  api.get("/v3/spaces/:guid/running_security_groups", ofSpace(api, "running"));
  api.get("/v3/spaces/:guid/staging_security_groups", ofSpace(api, "staging"));
  securityGroupBindings(api);
}

async function visibleGroup(api: CcApi, access: Access, guid: string): Promise<SecurityGroup> {
  const group = await readableGroups(api, access).where("security_groups.guid", "=", guid).executeTakeFirst();
  if (group === undefined) throw notFound("Security group");
  return group;
}

async function present(api: CcApi, access: Access, group: SecurityGroup): Promise<object> {
  const [document] = await presentGroups(api, access, [group]);
  return document!;
}

function boundTo(api: CcApi, spaceGuids: readonly string[], lifecycle: Lifecycle) {
  return api.db
    .selectFrom("security_group_spaces")
    .where("security_group_spaces.space_guid", "in", spaceGuids)
    .where("security_group_spaces.lifecycle", "=", lifecycle)
    .select("security_group_spaces.security_group_guid");
}

function index(api: CcApi): Handler {
  return async ({ query, access, path }) => {
    const list = parseListQuery(GROUPS_LIST, query);
    let rows = readableGroups(api, access);
    const names = list.list("names");
    if (names !== null) rows = rows.where("security_groups.name", "in", names);
    for (const lifecycle of ["running", "staging"] as const) {
      const spaces = list.list(`${lifecycle}_space_guids`);
      if (spaces !== null) rows = rows.where("security_groups.guid", "in", boundTo(api, spaces, lifecycle));
      const enabled = list.boolean(`globally_enabled_${lifecycle}`);
      if (enabled !== null) rows = rows.where(`security_groups.${lifecycle}_default`, "=", enabled ? 1 : 0);
    }
    const page = await readPage(rows, "security_groups", list);
    return ok(presentPage(api.links, path, list, page.total, await presentGroups(api, access, page.rows)));
  };
}

function ofSpace(api: CcApi, lifecycle: Lifecycle): Handler {
  return async ({ params, query, access, path }: CcRequest) => {
    const list = parseListQuery(SPACE_GROUPS_LIST, query);
    const space = await visibleSpace(api, access, params["guid"]!);
    let rows = api.db
      .selectFrom("security_groups")
      .selectAll("security_groups")
      .where((eb) =>
        eb.or([
          eb(`security_groups.${lifecycle}_default`, "=", 1),
          eb("security_groups.guid", "in", boundTo(api, [space.guid], lifecycle)),
        ]),
      );
    const names = list.list("names");
    if (names !== null) rows = rows.where("security_groups.name", "in", names);
    const page = await readPage(rows, "security_groups", list);
    return ok(presentPage(api.links, path, list, page.total, await presentGroups(api, access, page.rows)));
  };
}

function create(api: CcApi): Handler {
  return async ({ body, access }) => {
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(SECURITY_GROUP_CREATE, body);
    const spaces = {
      running: wanted.relationships?.running_spaces ?? [],
      staging: wanted.relationships?.staging_spaces ?? [],
    };
    const group = await api
      .transaction(async (trx) => {
        const row = await trx
          .insertInto("security_groups")
          .values({
            ...api.stamp(),
            name: wanted.name,
            rules: JSON.stringify(wanted.rules ?? []),
            running_default: wanted.globally_enabled?.running === true ? 1 : 0,
            staging_default: wanted.globally_enabled?.staging === true ? 1 : 0,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        for (const lifecycle of ["staging", "running"] as const) {
          const guids = spaces[lifecycle];
          const found =
            guids.length === 0
              ? []
              : await trx.selectFrom("spaces").where("guid", "in", guids).select("guid").execute();
          const missing = guids.filter((guid) => !found.some((space) => space.guid === guid));
          if (missing.length > 0) throw unprocessable(`Spaces with guids ${listed(missing)} do not exist.`);
          await bindSpaces(trx, row.guid, guids, lifecycle);
        }
        return row;
      })
      .catch(nameClash(wanted.name));
    api.hooks.securityGroupsChanged(null);
    return created(await present(api, access, group));
  };
}

function nameClash(name: string): (error: unknown) => never {
  return (error) => {
    if (!isUniqueViolation(error, "security_groups.name")) throw error;
    throw unprocessable(`Security group with name '${name}' already exists.`);
  };
}

function update(api: CcApi): Handler {
  return async ({ params, body, access }) => {
    const group = await visibleGroup(api, access, params["guid"]!);
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(SECURITY_GROUP_UPDATE, body);
    const { running, staging } = wanted.globally_enabled ?? {};
    const changed = await api.db
      .updateTable("security_groups")
      .set({
        updated_at: api.nowMs(),
        ...(wanted.name === undefined ? {} : { name: wanted.name }),
        ...(wanted.rules === undefined ? {} : { rules: JSON.stringify(wanted.rules) }),
        ...(running === undefined ? {} : { running_default: running ? 1 : 0 }),
        ...(staging === undefined ? {} : { staging_default: staging ? 1 : 0 }),
      })
      .where("guid", "=", group.guid)
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch(nameClash(wanted.name ?? group.name));
    api.hooks.securityGroupsChanged(null);
    return ok(await present(api, access, changed));
  };
}
