import type { Selectable } from "kysely";
import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import type { Links } from "../../api/links.ts";
import { presentTime } from "../../api/timestamps.ts";
import { ENVIRONMENT_VARIABLES_UPDATE, mergeEnvironment } from "../../environment-variables.ts";
import { notAuthorized, notFound } from "../../errors.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { parseBody } from "../../validation.ts";

type Group = Selectable<CcDatabase["environment_variable_groups"]>;

/** Registers `/v3/environment_variable_groups/(running|staging)`. CC: controllers/v3/environment_variable_groups_controller.rb */
export function environmentVariableGroups(api: CcApi): void {
  const path = "/v3/environment_variable_groups/:name";
  api.get(path, async ({ params }) => ok(present(await find(api.db, params["name"]!), api.links)));
  api.patch(path, async ({ params, body, access }) => {
    const empty = Object.keys(body as object).length === 0;
    const change = parseBody(ENVIRONMENT_VARIABLES_UPDATE, empty ? { var: {} } : body);
    if (!access.admin) throw notAuthorized();
    const changed = await api.transaction(async (trx) => {
      const group = await find(trx, params["name"]!);
      const variables = mergeEnvironment(JSON.parse(group.variables) as Record<string, string>, change);
      return trx
        .updateTable("environment_variable_groups")
        .set({ variables: JSON.stringify(variables), updated_at: api.nowMs() })
        .where("name", "=", group.name)
        .returningAll()
        .executeTakeFirstOrThrow();
    });
    return ok(present(changed, api.links));
  });
}

async function find(db: CcApi["db"], name: string): Promise<Group> {
  const group = await db
    .selectFrom("environment_variable_groups")
    .where("name", "=", name as Group["name"])
    .selectAll()
    .executeTakeFirst();
  if (group === undefined) throw notFound("Environment variable group");
  return group;
}

function present(group: Group, links: Links): object {
  return {
    updated_at: group.updated_at === null ? null : presentTime(group.updated_at),
    name: group.name,
    var: JSON.parse(group.variables) as object,
    links: { self: links.to(`/v3/environment_variable_groups/${group.name}`) },
  };
}
