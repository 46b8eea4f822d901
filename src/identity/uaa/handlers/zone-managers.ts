import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { Group } from "../model.ts";
import { readMembers, wireGroup } from "../scim-group.ts";
import { jsonBodyOf, requireScope } from "./request.ts";

type ByScope = { Params: { userId: string; zoneId: string; scope?: string } };

/** UAA: ScimGroupEndpoints.ZONE_MANAGING_SCOPE_REGEX */
const MANAGING_SCOPE =
  /^zones\.[^.]+\.(admin|read|clients\.admin|clients\.read|clients\.write|scim\.create|scim\.read|scim\.write|idps\.read)$/;

/** Who may manage a zone, by groups of the default one. UAA: ScimGroupEndpoints.addZoneManagers */
export function registerZoneManagers(server: FastifyInstance, context: UaaContext): void {
  const { groups, clock, random, file, zoneId } = context;

  server.post("/Groups/zones", async (request, reply) => {
    await requireScope(context, request, "scim.zones", "uaa.admin");
    const body = jsonBodyOf(request);
    const { displayName } = body;
    if (typeof displayName !== "string" || displayName.length > 255 || !MANAGING_SCOPE.test(displayName)) {
      throw new UaaError("scim", "Invalid group name.");
    }
    if (!Array.isArray(body["members"]) || body["members"].length === 0) {
      throw new UaaError("scim", "Invalid group members, you have to add at least one member.");
    }
    const nowMs = clock.nowMs();
    const times = { createdMs: nowMs, lastModifiedMs: nowMs };
    const made: Group = { id: random.guid(), displayName, description: null, version: 0, ...times };
    const members = await readMembers(context, made.id, body["members"]);
    await groups.ensure([made]);
    const group = (await groups.findByName(displayName))!;
    for (const { isRemoval: _, ...member } of members) {
      await groups.addMember({ ...member, groupId: group.id }, nowMs);
    }
    await file.durable();
    const wired = wireGroup(group, await groups.members(group.id), zoneId);
    return reply.code(201).header("etag", `"${group.version}"`).send(wired);
  });

  for (const url of ["/Groups/zones/:userId/:zoneId", "/Groups/zones/:userId/:zoneId/:scope"]) {
    server.delete<ByScope>(url, async (request, reply) => {
      await requireScope(context, request, "scim.zones", "uaa.admin");
      const { userId, zoneId: managed, scope = "admin" } = request.params;
      const name = `zones.${managed}.${scope}`;
      if (!MANAGING_SCOPE.test(name)) throw new UaaError("scim", "Invalid group name.");
      const group = await groups.findByName(name);
      if (group === null) throw new UaaError("scim_resource_not_found", `Group not found:${name}`);
      if (!(await groups.removeMember(group.id, userId))) {
        throw new UaaError("scim_resource_not_found", "User is not a zone admin.");
      }
      await file.durable();
      const wired = wireGroup(group, await groups.members(group.id), zoneId);
      return reply.header("etag", `"${group.version}"`).send(wired);
    });
  }
}
