import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import { drainHostname } from "./drain-hostname.ts";

const BATCH_DEFAULT = 50;
const BATCH_MAX = 1_000;

interface DrainCredentials {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly apps: { hostname: string; app_id: string }[];
}

/**
 * Registers what the syslog binding cache and the policy server read. CC: controllers/internal/syslog_drain_urls_controller.rb,
 * app_security_group_controller.rb
 */
export function syslogDrainUrls(api: CcApi): void {
  api.internal.get("/internal/v5/syslog_drain_urls", async ({ query }) => {
    const from = wholeNumber(query["next_id"], 0);
    const size = Math.min(wholeNumber(query["batch_size"], BATCH_DEFAULT), BATCH_MAX);
    const results = await drains(api, from, size);
    return ok({ results, next_id: results.length === 0 ? null : from + size });
  });
  // After a start everything counts as changed: whoever reads this reads on.
  let changedMs = api.nowMs();
  api.hooks.onSecurityGroupsChanged(() => {
    changedMs = Math.max(api.nowMs(), changedMs + 1);
  });
  api.internal.get("/internal/v4/asg_latest_update", async () =>
    ok({ last_update: new Date(changedMs).toISOString().replace("Z", "000000Z") }),
  );
}

function wholeNumber(text: unknown, fallback: number): number {
  if (text === undefined) return fallback;
  if (typeof text === "string" && /^\d{1,9}$/.test(text)) return Number(text);
  throw new CcError("BadQueryParameter", ["next_id and batch_size are whole numbers"]);
}

/** Drains by URL, each with the apps that log to it, grouped by the credentials that they bring. */
async function drains(api: CcApi, from: number, size: number): Promise<object[]> {
  const urls = api.db
    .selectFrom("service_credential_bindings")
    .where("syslog_drain_url", "is not", null)
    .where("syslog_drain_url", "!=", "")
    .where("app_guid", "is not", null)
    .select("syslog_drain_url")
    .distinct()
    .orderBy("syslog_drain_url")
    .limit(size)
    .offset(from);
  const page = (await urls.execute()).map((row) => row.syslog_drain_url ?? "");
  if (page.length === 0) return [];
  const rows = await api.db
    .selectFrom("service_credential_bindings as binding")
    .innerJoin("apps", "apps.guid", "binding.app_guid")
    .innerJoin("spaces", "spaces.guid", "apps.space_guid")
    .innerJoin("organizations", "organizations.guid", "spaces.organization_guid")
    .where("binding.syslog_drain_url", "in", page)
    .orderBy("binding.syslog_drain_url")
    .orderBy("binding.guid")
    .select([
      "binding.syslog_drain_url as url",
      "binding.credentials",
      "apps.guid",
      "apps.name as app",
      "spaces.name as space",
      "organizations.name as organization",
    ])
    .execute();
  const found = new Map<string, Map<string, DrainCredentials>>();
  for (const row of rows) {
    const byCredentials = found.get(row.url ?? "") ?? new Map<string, DrainCredentials>();
    found.set(row.url ?? "", byCredentials);
    const { cert = "", key = "", ca = "" } = JSON.parse(row.credentials) as Record<string, string | undefined>;
    const id = JSON.stringify([key, cert, ca]);
    const entry = byCredentials.get(id) ?? { cert, key, ca, apps: [] };
    byCredentials.set(id, entry);
    entry.apps.push({ hostname: drainHostname(row.organization, row.space, row.app), app_id: row.guid });
  }
  return [...found].map(([url, byCredentials]) => ({ url, credentials: [...byCredentials.values()] }));
}
