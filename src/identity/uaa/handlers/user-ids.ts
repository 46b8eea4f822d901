import type { FastifyInstance } from "fastify";
import type { UaaContext } from "../context.ts";
import { UaaError } from "../errors.ts";
import { parseScimFilter, type ScimFilter } from "../scim-filter.ts";
import { escapeHtml } from "./page.ts";
import { parametersOf, requireScope } from "./request.ts";
import { orBadFilter, readScimQuery, wirePage } from "./scim-query.ts";

/** GET and POST /ids/Users: ids from names and back, for clients that may see no more. UAA: UserIdConversionEndpoints */
export function registerUserIds(server: FastifyInstance, context: UaaContext): void {
  server.route({
    method: ["GET", "POST"],
    url: "/ids/Users",
    handler: async (request) => {
      await requireScope(context, request, "scim.userids");
      const { filter: filterText = "", includeInactive } = parametersOf(request);
      if (filterText.trim() === "") throw new UaaError("scim", "a 'filter' parameter is required");
      let filter: ScimFilter;
      try {
        filter = parseScimFilter(filterText.trim());
      } catch {
        throw new UaaError("scim", `Invalid filter '${escapeHtml(filterText.trim())}'`);
      }
      if (!namesSomebody(filter)) throw new UaaError("scim", "Invalid filter attribute.");
      const query = readScimQuery(request, { filter: filterText, sortBy: "userName" });
      const onlyActive = includeInactive !== "true";
      const found = await orBadFilter(filterText, "userName", "scim", () =>
        context.users.query(filter, { ...query.page, sortBy: "userName" }, onlyActive),
      );
      const resources = found.items.map(({ id, userName, origin }) => ({ origin, id, userName }));
      return wirePage({ ...query, attributes: [] }, resources, found.total);
    },
  });
}

/** Whether an id or a user name is part of it. Throws for anything but equality on id, userName and origin. */
function namesSomebody(filter: ScimFilter): boolean {
  if (filter.kind === "and" || filter.kind === "or") {
    const left = namesSomebody(filter.left);
    return namesSomebody(filter.right) || left;
  }
  if (filter.kind === "present" || filter.operator === "co" || filter.operator === "sw") {
    throw new UaaError("scim", "Wildcards are not allowed in filter.");
  }
  if (filter.operator !== "eq") throw new UaaError("scim", "Invalid operator.");
  if (filter.attribute === "id" || filter.attribute === "username") return true;
  if (filter.attribute === "origin") return false;
  throw new UaaError("scim", "Invalid filter attribute.");
}
