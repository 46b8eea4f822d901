import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { Membership } from "../model.ts";
import { readMembers, wireGroup, wireMember } from "../scim-group.ts";
import { findGroup } from "./groups.ts";
import { jsonBodyOf, parametersOf, requireManager } from "./request.ts";
import { wireUsers } from "./users.ts";

type ById = { Params: { id: string } };
type ByMember = { Params: { id: string; memberId: string } };

/** Who is in a group: users, and groups with their users. UAA: ScimGroupEndpoints */
export function registerGroupMembers(server: FastifyInstance, context: UaaContext): void {
  const { groups, clock, database } = context;

  server.get<ById>("/Groups/:id/members", async (request) => {
    await requireManager(context, request, "scim.read");
    const group = await findGroup(context, request.params.id);
    const members = await groups.members(group.id);
    if (parametersOf(request)["returnEntities"] !== "true") return members.map(wireMember);
    return await withEntities(context, members);
  });

  server.get<ByMember>("/Groups/:id/members/:memberId", async (request) => {
    await requireManager(context, request, "scim.read");
    const { id, memberId } = request.params;
    return wireMember(await findMember(context, id, memberId));
  });

  server.post<ById>("/Groups/:id/members", async (request, reply) => {
    await requireManager(context, request, "scim.write", "groups.update");
    const group = await findGroup(context, request.params.id);
    const [read] = await readMembers(context, group.id, [{ ...jsonBodyOf(request), operation: undefined }]);
    const { isRemoval: _, ...member } = read!;
    if (!(await groups.addMember(member, clock.nowMs()))) {
      const text = `${member.memberId} is already part of the group: ${group.id}`;
      throw new UaaError("scim_resource_already_exists", text, { extra: { error: "member_already_exists" } });
    }
    await database.durable();
    return reply.code(201).send(wireMember(member));
  });

  server.delete<ByMember>("/Groups/:id/members/:memberId", async (request) => {
    await requireManager(context, request, "scim.write");
    const { id, memberId } = request.params;
    const member = await findMember(context, id, memberId);
    if (!(await groups.removeMember(id, memberId))) throw noMember(id, memberId);
    await database.durable();
    return wireMember(member);
  });
}

async function findMember(context: UaaContext, groupId: string, memberId: string): Promise<Membership> {
  await findGroup(context, groupId);
  const member = (await context.groups.members(groupId)).find((candidate) => candidate.memberId === memberId);
  if (member === undefined) throw noMember(groupId, memberId);
  return member;
}

function noMember(groupId: string, memberId: string): UaaError {
  return new UaaError("scim_resource_not_found", `Member ${memberId} does not exist in group ${groupId}`);
}

async function withEntities(context: UaaContext, members: readonly Membership[]): Promise<Record<string, unknown>[]> {
  const { users, groups, zoneId } = context;
  const found = await users.findMany(members.map(({ memberId }) => memberId));
  const wired = await wireUsers(context, found, { groups: true, approvals: true });
  const entities = new Map<string, Record<string, unknown>>(found.map(({ id }, index) => [id, wired[index]!]));
  const answers: Record<string, unknown>[] = [];
  for (const member of members) {
    const group = member.memberType === "GROUP" ? await groups.find(member.memberId) : null;
    const entity =
      group === null ? entities.get(member.memberId) : wireGroup(group, await groups.members(group.id), zoneId);
    answers.push({ ...wireMember(member), ...(entity === undefined ? {} : { entity }) });
  }
  return answers;
}
