import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { ZONE_POWERS } from "../identity-zone.ts";
import { freshGroup } from "../new-group.ts";
import { readMembers, wireGroup } from "../scim-group.ts";
import { jsonBodyOf, requireScopeOrAdmin } from "./request.ts";

type ByScope = { Params: { userId: string; zoneId: string; scope?: string } };

/** Who may manage a zone, by groups of the default one. UAA: ScimGroupEndpoints.addZoneManagers */
export function registerZoneManagers(server: FastifyInstance, context: UaaContext): void {
  const { groups, clock, database, zoneId } = context;

  server.post("/Groups/zones", async (request, reply) => {
    await requireScopeOrAdmin(context, request, "scim.zones");
    const body = jsonBodyOf(request);
    const { displayName } = body;
    if (typeof displayName !== "string" || displayName.length > 255 || !isManagingScope(displayName)) {
      throw new UaaError("scim", "Invalid group name.");
    }
    if (!Array.isArray(body["members"]) || body["members"].length === 0) {
      throw new UaaError("scim", "Invalid group members, you have to add at least one member.");
    }
    const made = freshGroup(context, displayName);
    const members = await readMembers(context, made.id, body["members"]);
    await groups.ensure([made]);
    const group = (await groups.findByName(displayName))!;
    for (const { isRemoval: _, ...member } of members) {
      await groups.addMember({ ...member, groupId: group.id }, clock.nowMs());
    }
    await database.durable();
    const wired = wireGroup(group, await groups.members(group.id), zoneId);
    return reply.code(201).header("etag", `"${group.version}"`).send(wired);
  });

  for (const url of ["/Groups/zones/:userId/:zoneId", "/Groups/zones/:userId/:zoneId/:scope"]) {
    server.delete<ByScope>(url, async (request, reply) => {
      await requireScopeOrAdmin(context, request, "scim.zones");
      const { userId, zoneId: managed, scope = "admin" } = request.params;
      const name = `zones.${managed}.${scope}`;
      if (!isManagingScope(name)) throw new UaaError("scim", "Invalid group name.");
      const group = await groups.findByName(name);
      if (group === null) throw new UaaError("scim_resource_not_found", `Group not found:${name}`);
      if (!(await groups.removeMember(group.id, userId))) {
        throw new UaaError("scim", "User is not a zone admin.", { status: 404 });
      }
      await database.durable();
      const wired = wireGroup(group, await groups.members(group.id), zoneId);
      return reply.header("etag", `"${group.version}"`).send(wired);
    });
  }
}

/** UAA: ScimGroupEndpoints.ZONE_MANAGING_SCOPE_REGEX */
function isManagingScope(name: string): boolean {
  const power = /^zones\.[^.]+\.(.+)$/.exec(name)?.[1];
  return power !== undefined && ZONE_POWERS.includes(power);
}
