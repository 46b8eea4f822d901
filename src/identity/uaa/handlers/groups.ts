import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { Group } from "../model.ts";
import { freshGroup } from "../new-group.ts";
import { mergeMembers, readDisplayName, readMembers, wireGroup } from "../scim-group.ts";
import { removedAttributes } from "../scim-user.ts";
import { jsonBodyOf, requireManager } from "./request.ts";
import { orBadFilter, pickAttributes, readScimQuery, wantsAttribute, wirePage } from "./scim-query.ts";
import { readVersion } from "./users.ts";

type ById = { Params: { id: string } };

/** SCIM groups; each is a scope that its members can have. UAA: ScimGroupEndpoints */
export function registerGroups(server: FastifyInstance, context: UaaContext): void {
  const { groups, clock, database, zoneId } = context;

  server.get("/Groups", async (request) => {
    await requireManager(context, request, "scim.read");
    const query = readScimQuery(request);
    const found = await orBadFilter(query.filterText, query.page.sortBy, "scim", () =>
      groups.query(query.filter, query.page),
    );
    const ids = wantsAttribute(query, "members") ? found.items.map(({ id }) => id) : [];
    const members = await groups.membersOf(ids);
    const resources = found.items.map((group) => wireGroup(group, members.get(group.id) ?? [], zoneId));
    return wirePage(query, resources, found.total);
  });

  server.post("/Groups", async (request, reply) => {
    await requireManager(context, request, "scim.write", "groups.update");
    const body = jsonBodyOf(request);
    const description = typeof body["description"] === "string" ? body["description"] : null;
    const group = freshGroup(context, readDisplayName(body), description);
    const members = await readMembers(context, group.id, body["members"]);
    await groups.insert(group, mergeMembers([], members), clock.nowMs());
    await database.durable();
    const wired = wireGroup(group, await groups.members(group.id), zoneId);
    return reply.code(201).header("etag", `"0"`).send(wired);
  });

  server.get<ById>("/Groups/:id", async (request, reply) => {
    await requireManager(context, request, "scim.read");
    const group = await findGroup(context, request.params.id);
    const wired = wireGroup(group, await groups.members(group.id), zoneId);
    const attributes = readScimQuery(request).attributes;
    reply.header("etag", `"${group.version}"`);
    return reply.send(attributes.length === 0 ? wired : pickAttributes(wired, attributes));
  });

  for (const method of ["PUT", "PATCH"] as const) {
    server.route<ById>({
      method,
      url: "/Groups/:id",
      handler: async (request, reply) => {
        await requireManager(context, request, "scim.write", "groups.update");
        const group = await findGroup(context, request.params.id);
        const version = readVersion(request.headers["if-match"], group.version);
        if (version === null) throw new UaaError("scim", `Missing If-Match for ${method}`);
        const next = await changeGroup(context, group, version, jsonBodyOf(request), method === "PATCH");
        const wired = wireGroup(next, await groups.members(next.id), zoneId);
        return reply.header("etag", `"${next.version}"`).send(wired);
      },
    });
  }

  server.delete<ById>("/Groups/:id", async (request, reply) => {
    await requireManager(context, request, "scim.write");
    const group = await findGroup(context, request.params.id);
    const version = readVersion(request.headers["if-match"], group.version) ?? group.version;
    if (version !== group.version) {
      throw new UaaError("scim_resource_conflict", `error deleting group: ${group.id}`);
    }
    const members = await groups.members(group.id);
    await groups.delete(group.id);
    await database.durable();
    return reply.header("etag", `"${group.version}"`).send(wireGroup(group, members, zoneId));
  });
}

/** Throws `scim_resource_not_found`. */
export async function findGroup(context: UaaContext, id: string): Promise<Group> {
  const group = await context.groups.find(id);
  if (group === null) throw new UaaError("scim_resource_not_found", `Group ${id} does not exist`);
  return group;
}

/** Durable. A PATCH keeps what it does not mention; members with `"operation": "delete"` go. UAA: ScimGroup.patch */
async function changeGroup(
  context: UaaContext,
  group: Group,
  version: number,
  body: Readonly<Record<string, unknown>>,
  isPatch: boolean,
): Promise<Group> {
  const { groups, clock, database } = context;
  const described = typeof body["description"] === "string" ? body["description"] : null;
  const removed = isPatch ? removedAttributes(body["meta"]) : new Set<string>();
  const keepsDescription = isPatch && body["description"] === undefined && !removed.has("description");
  const next: Group = {
    ...group,
    displayName: isPatch && body["displayName"] === undefined ? group.displayName : readDisplayName(body),
    description: keepsDescription ? group.description : described,
    version: group.version + 1,
    lastModifiedMs: clock.nowMs(),
  };
  const namesake = await groups.findByName(next.displayName);
  if (namesake !== null && namesake.id !== group.id) {
    throw new UaaError("invalid_scim_resource", `A group with displayName: ${next.displayName} already exists`);
  }
  const given = await readMembers(context, group.id, body["members"]);
  const before = isPatch && !removed.has("members") ? await groups.members(group.id) : [];
  await groups.update(next, version, mergeMembers(before, given), clock.nowMs());
  await database.durable();
  return next;
}
