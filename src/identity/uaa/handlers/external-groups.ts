import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import type { Group } from "../model.ts";
import { parseScimFilter, type ScimFilter } from "../scim-filter.ts";
import { SCIM_SCHEMAS } from "../scim-user.ts";
import type { ExternalGroupMapping } from "../store-external-groups.ts";
import { jsonBodyOf, parametersOf, requireManager } from "./request.ts";
import { readScimQuery, wirePage } from "./scim-query.ts";

/** Where a name or an id is given in a path. */
interface Unmap {
  Params: { groupId?: string; displayName?: string; externalGroup: string; origin?: string };
}

/** Groups of other providers that stand for groups of ours. UAA: ScimGroupEndpoints (External) */
export function registerExternalGroups(server: FastifyInstance, context: UaaContext): void {
  const { externalGroups, groups, database } = context;

  for (const url of ["/Groups/External", "/Groups/External/list"]) {
    server.get(url, async (request) => {
      await requireManager(context, request, "scim.read");
      const parameters = parametersOf(request);
      const query = readScimQuery(request);
      const { origin, externalGroup } = wantedOf(parameters);
      const found = (await externalGroups.all()).filter(
        (mapping) =>
          (origin === "" || mapping.origin === origin) &&
          (externalGroup === "" || mapping.externalGroup === externalGroup),
      );
      const { offset, limit } = query.page;
      const resources = found.slice(offset, offset + limit).map(listedMapping);
      return wirePage({ ...query, attributes: [] }, resources, found.length);
    });
  }

  server.post("/Groups/External", async (request, reply) => {
    await requireManager(context, request, "scim.write");
    const body = jsonBodyOf(request);
    const externalGroup = (text(body, "externalGroup") ?? "").trim();
    if (externalGroup === "") {
      throw new UaaError("scim", "group ID, external group and origin must not be null when mapping an external group");
    }
    const group = await groupOf(text(body, "groupId"), text(body, "displayName"));
    const origin = text(body, "origin") ?? "ldap";
    const { displayName } = group;
    const mapping = { groupId: group.id, displayName, externalGroup, origin, addedMs: context.clock.nowMs() };
    if (!(await externalGroups.insert(mapping))) {
      const message = `The mapping between group ${group.displayName} and external group ${externalGroup} already exists`;
      throw new UaaError("scim", message, { status: 409 });
    }
    await database.durable();
    return reply.code(201).send(wireMapping(mapping));
  });

  for (const url of [
    "/Groups/External/groupId/:groupId/externalGroup/:externalGroup/origin/:origin",
    "/Groups/External/groupId/:groupId/externalGroup/:externalGroup",
    "/Groups/External/displayName/:displayName/externalGroup/:externalGroup/origin/:origin",
    "/Groups/External/displayName/:displayName/externalGroup/:externalGroup",
    "/Groups/External/id/:groupId/:externalGroup",
    "/Groups/External/:displayName/:externalGroup",
  ]) {
    server.delete<Unmap>(url, async (request) => {
      await requireManager(context, request, "scim.write");
      const { groupId, displayName, origin = "ldap" } = request.params;
      const externalGroup = request.params.externalGroup.trim();
      const group = await groupOf(groupId, displayName);
      const mapping = await externalGroups.find(group.id, externalGroup, origin);
      if (mapping === null || !(await externalGroups.delete(group.id, externalGroup, origin))) {
        const message = `The mapping between group ${group.displayName} and external group ${externalGroup} does not exist`;
        throw new UaaError("scim", message, { status: 404 });
      }
      await database.durable();
      return wireMapping(mapping);
    });
  }

  async function groupOf(groupId: string | undefined, displayName: string | undefined): Promise<Group> {
    if (groupId !== undefined && groupId !== "") {
      const group = await groups.find(groupId);
      if (group !== null) return group;
      throw new UaaError("scim", `Group ${groupId} does not exist`, { status: 404 });
    }
    if (displayName === undefined || displayName.trim() === "") {
      throw new UaaError("scim", "Group not found, not name provided", { status: 404 });
    }
    const group = await groups.findByName(displayName);
    if (group === null) throw new UaaError("scim", `Group not found:${displayName}`, { status: 404 });
    return group;
  }
}

function wantedOf(parameters: Readonly<Record<string, string>>): { origin: string; externalGroup: string } {
  const { filter = "", origin = "", externalGroup = "" } = parameters;
  if (filter.trim() === "") return { origin, externalGroup };
  if (origin !== "" || externalGroup !== "") {
    const message =
      "Deprecated filter parameter may not be used in conjunction with origin or externalGroup parameters";
    throw new UaaError("scim", message);
  }
  const wanted = { origin: "", externalGroup: "" };
  try {
    collect(parseScimFilter(filter), wanted);
  } catch {
    throw new UaaError("scim", "Filter not supported, please use origin and externalGroup parameters");
  }
  return wanted;
}

/** Only `and` of equalities. */
function collect(filter: ScimFilter, wanted: { origin: string; externalGroup: string }): void {
  if (filter.kind === "and") {
    collect(filter.left, wanted);
    collect(filter.right, wanted);
  } else if (filter.kind === "compare" && filter.operator === "eq" && filter.attribute === "origin") {
    wanted.origin = String(filter.value);
  } else if (filter.kind === "compare" && filter.operator === "eq" && filter.attribute === "externalgroup") {
    wanted.externalGroup = String(filter.value);
  } else throw new RangeError("not supported");
}

/** UAA: ScimGroupExternalMember; a mapping never changes, so it has one version. */
function wireMapping(mapping: ExternalGroupMapping): Record<string, unknown> {
  const added = new Date(mapping.addedMs).toISOString();
  const meta = { version: 0, created: added, lastModified: added };
  return { ...listedMapping(mapping), meta, schemas: SCIM_SCHEMAS };
}

function listedMapping(mapping: ExternalGroupMapping): Record<string, unknown> {
  const { groupId, displayName, externalGroup, origin } = mapping;
  return { groupId, displayName, externalGroup, origin };
}

function text(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string" || value.length > 2048) throw new UaaError("scim", `${name} must be text`);
  return value;
}
