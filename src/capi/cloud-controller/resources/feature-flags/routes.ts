import { z } from "zod";
import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { CcError, notAuthorized, notFound } from "../../errors.ts";
import { DEFAULT_FLAGS } from "../../feature-flags.ts";
import { presentPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { parseBody } from "../../validation.ts";

interface Flag {
  readonly name: string;
  readonly enabled: boolean;
  readonly updatedAtMs: number | null;
  readonly message: string | null;
}

const FLAGS_LIST: ListSpec = { orderBy: ["name"] };
const FLAG_UPDATE = z.strictObject({
  enabled: z.boolean().optional(),
  custom_error_message: z.string().min(1).max(250).nullish(),
});

/** Registers `/v3/feature_flags`. CC: controllers/v3/feature_flags_controller.rb */
export function featureFlags(api: CcApi): void {
  api.get("/v3/feature_flags", async ({ query, path }) => {
    const list = parseListQuery(FLAGS_LIST, query);
    if (list.createdAts !== null) {
      throw new CcError("BadQueryParameter", ["Filtering by 'created_ats' is not allowed on this resource."]);
    }
    const flags = (await all(api)).filter((flag) => {
      if (list.updatedAts === null) return true;
      const at = flag.updatedAtMs;
      return at !== null && list.updatedAts.some(([from, to]) => at >= from && at <= to);
    });
    flags.sort((a, b) => (a.name < b.name ? -1 : 1));
    if (list.descending) flags.reverse();
    const start = (list.page - 1) * list.perPage;
    const shown = flags.slice(start, start + list.perPage).map((flag) => present(api, flag));
    return ok(presentPage(api.links, path, list, flags.length, shown));
  });
  api.get("/v3/feature_flags/:name", async ({ params }) => ok(present(api, await find(api, params["name"]!))));
  api.patch("/v3/feature_flags/:name", async ({ params, body, access }) => {
    const flag = await find(api, params["name"]!);
    if (!access.admin) throw notAuthorized();
    const wanted = parseBody(FLAG_UPDATE, body);
    const row = {
      enabled: (wanted.enabled ?? flag.enabled) ? (1 as const) : (0 as const),
      custom_error_message: wanted.custom_error_message === undefined ? flag.message : wanted.custom_error_message,
      updated_at: api.nowMs(),
    };
    await api.db
      .insertInto("feature_flags")
      .values({ name: flag.name, ...row })
      .onConflict((conflict) => conflict.column("name").doUpdateSet(row))
      .execute();
    return ok(present(api, await find(api, flag.name)));
  });
}

async function all(api: CcApi): Promise<Flag[]> {
  const rows = await api.db.selectFrom("feature_flags").selectAll().execute();
  return Object.entries(DEFAULT_FLAGS).map(([name, enabled]) => {
    const row = rows.find((set) => set.name === name);
    if (row === undefined) return { name, enabled, updatedAtMs: null, message: null };
    return { name, enabled: row.enabled === 1, updatedAtMs: row.updated_at, message: row.custom_error_message };
  });
}

async function find(api: CcApi, name: string): Promise<Flag> {
  const flag = (await all(api)).find((one) => one.name === name);
  if (flag === undefined) throw notFound("Feature flag");
  return flag;
}

function present(api: CcApi, flag: Flag): object {
  return {
    name: flag.name,
    enabled: flag.enabled,
    updated_at: flag.updatedAtMs === null ? null : presentTime(flag.updatedAtMs),
    custom_error_message: flag.message,
    links: { self: api.links.to(`/v3/feature_flags/${flag.name}`) },
  };
}
