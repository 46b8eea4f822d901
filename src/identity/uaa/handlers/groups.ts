import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { Group, Membership } from "../model.ts";
import { SCIM_SCHEMAS } from "../scim-user.ts";
import { ZONE_ID } from "../token-claims.ts";
import { jsonBodyOf, requireScope } from "./request.ts";
import { orBadFilter, readScimQuery, wirePage } from "./scim-query.ts";
import { readVersion } from "./users.ts";

type ById = { Params: { id: string } };

/** SCIM groups; each is a scope that its members can have. UAA: ScimGroupEndpoints */
export function registerGroups(server: FastifyInstance, context: UaaContext): void {
  const { groups, clock, random, file } = context;

  server.get("/Groups", async (request) => {
    await requireScope(context, request, "uaa.admin", "scim.read");
    const query = readScimQuery(request);
    const found = await orBadFilter(query.filterText, query.page.sortBy, "scim", () =>
      groups.query(query.filter, query.page),
    );
    const resources: Record<string, unknown>[] = [];
    for (const group of found.items) resources.push(wireGroup(group, await groups.members(group.id)));
    return wirePage(query, resources, found.total);
  });

  server.post("/Groups", async (request, reply) => {
    await requireScope(context, request, "uaa.admin", "scim.write");
    const body = jsonBodyOf(request);
    const nowMs = clock.nowMs();
    const group: Group = {
      id: random.guid(),
      displayName: readDisplayName(body),
      description: typeof body["description"] === "string" ? body["description"] : null,
      version: 0,
      createdMs: nowMs,
      lastModifiedMs: nowMs,
    };
    const members = await readMembers(context, group.id, body["members"]);
    await groups.insert(group, members, nowMs);
    await file.durable();
    return reply.code(201).header("etag", `"0"`).send(wireGroup(group, members));
  });

  server.get<ById>("/Groups/:id", async (request, reply) => {
    await requireScope(context, request, "uaa.admin", "scim.read");
    const group = await findGroup(context, request.params.id);
    return reply.header("etag", `"${group.version}"`).send(wireGroup(group, await groups.members(group.id)));
  });

  for (const method of ["PUT", "PATCH"] as const) {
    server.route<ById>({
      method,
      url: "/Groups/:id",
      handler: async (request, reply) => {
        await requireScope(context, request, "uaa.admin", "scim.write", "groups.update");
        const group = await findGroup(context, request.params.id);
        const version = readVersion(request.headers["if-match"], group.version);
        if (version === null) throw new UaaError("scim", `Missing If-Match for ${method}`);
        const body = jsonBodyOf(request);
        const isPatch = method === "PATCH";
        const described = typeof body["description"] === "string" ? body["description"] : null;
        const next: Group = {
          ...group,
          displayName: isPatch && body["displayName"] === undefined ? group.displayName : readDisplayName(body),
          description: isPatch && body["description"] === undefined ? group.description : described,
          version: group.version + 1,
          lastModifiedMs: clock.nowMs(),
        };
        const namesake = await groups.findByName(next.displayName);
        if (namesake !== null && namesake.id !== group.id) {
          const text = `A group with displayName: ${next.displayName} already exists`;
          throw new UaaError("invalid_scim_resource", text);
        }
        const given = await readMembers(context, group.id, body["members"]);
        const members = isPatch ? mergeMembers(await groups.members(group.id), given) : given;
        await groups.update(next, version, members, clock.nowMs());
        await file.durable();
        return reply.header("etag", `"${next.version}"`).send(wireGroup(next, members));
      },
    });
  }

  server.delete<ById>("/Groups/:id", async (request) => {
    await requireScope(context, request, "uaa.admin", "scim.write");
    const group = await findGroup(context, request.params.id);
    const members = await groups.members(group.id);
    await groups.delete(group.id);
    await file.durable();
    return wireGroup(group, members);
  });

  server.get<ById>("/Groups/:id/members", async (request) => {
    await requireScope(context, request, "uaa.admin", "scim.read");
    const group = await findGroup(context, request.params.id);
    return (await groups.members(group.id)).map(wireMember);
  });

  server.get<{ Params: { id: string; memberId: string } }>("/Groups/:id/members/:memberId", async (request) => {
    await requireScope(context, request, "uaa.admin", "scim.read");
    const { id, memberId } = request.params;
    await findGroup(context, id);
    const member = (await groups.members(id)).find((candidate) => candidate.memberId === memberId);
    if (member === undefined)
      throw new UaaError("scim_resource_not_found", `Member ${memberId} does not exist in group ${id}`);
    return wireMember(member);
  });

  server.post<ById>("/Groups/:id/members", async (request, reply) => {
    await requireScope(context, request, "uaa.admin", "scim.write", "groups.update");
    const group = await findGroup(context, request.params.id);
    const [member] = await readMembers(context, group.id, [jsonBodyOf(request)]);
    if (!(await groups.addMember(member!, clock.nowMs()))) {
      throw new UaaError(
        "scim_resource_already_exists",
        `${member!.memberId} is already part of the group: ${group.id}`,
        {
          extra: { error: "member_already_exists" },
        },
      );
    }
    await file.durable();
    return reply.code(201).send(wireMember(member!));
  });

  server.delete<{ Params: { id: string; memberId: string } }>("/Groups/:id/members/:memberId", async (request) => {
    await requireScope(context, request, "uaa.admin", "scim.write", "groups.update");
    const { id, memberId } = request.params;
    await findGroup(context, id);
    const member = (await groups.members(id)).find((candidate) => candidate.memberId === memberId);
    if (member === undefined || !(await groups.removeMember(id, memberId))) {
      throw new UaaError("scim_resource_not_found", `Member ${memberId} does not exist in group ${id}`);
    }
    await file.durable();
    return wireMember(member);
  });
}

async function findGroup(context: UaaContext, id: string): Promise<Group> {
  const group = await context.groups.find(id);
  if (group === null) throw new UaaError("scim_resource_not_found", `Group ${id} does not exist`);
  return group;
}

function readDisplayName(body: Readonly<Record<string, unknown>>): string {
  const name = body["displayName"];
  if (typeof name !== "string" || name.trim() === "" || name.length > 255) {
    throw new UaaError("invalid_scim_resource", "A group must have a displayName of at most 255 characters");
  }
  return name;
}

async function readMembers(context: UaaContext, groupId: string, list: unknown): Promise<Membership[]> {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw new UaaError("invalid_scim_resource", "members must be a list");
  const members: Membership[] = [];
  for (const entry of list as unknown[]) {
    const fields = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : {};
    const { value: memberId, type = "USER", origin = "uaa" } = fields;
    if (typeof memberId !== "string" || memberId === "" || typeof origin !== "string") {
      throw new UaaError("invalid_scim_resource", "group-id, member-id, origin and member-type must be non-empty");
    }
    const memberType = String(type).toUpperCase() === "GROUP" ? "GROUP" : "USER";
    if (memberId === groupId) {
      throw new UaaError("invalid_scim_resource", "trying to nest group within itself, aborting");
    }
    const exists = memberType === "USER" ? await context.users.find(memberId) : await context.groups.find(memberId);
    if (exists === null) throw new UaaError("invalid_scim_resource", `Invalid group member: ${memberId}`);
    members.push({ groupId, memberId, memberType, origin });
  }
  return members;
}

function mergeMembers(before: readonly Membership[], given: readonly Membership[]): Membership[] {
  const merged = new Map([...before, ...given].map((member) => [member.memberId, member]));
  return [...merged.values()];
}

function wireGroup(group: Group, members: readonly Membership[]): Record<string, unknown> {
  return {
    id: group.id,
    meta: {
      version: group.version,
      created: new Date(group.createdMs).toISOString(),
      lastModified: new Date(group.lastModifiedMs).toISOString(),
    },
    displayName: group.displayName,
    ...(group.description === null ? {} : { description: group.description }),
    zoneId: ZONE_ID,
    members: members.map(wireMember),
    schemas: SCIM_SCHEMAS,
  };
}

function wireMember(member: Membership): Record<string, unknown> {
  return { origin: member.origin, type: member.memberType, value: member.memberId };
}
