import { type RawBuilder, sql } from "kysely";
import type { CcApi } from "../../api/api.ts";

export interface UsageSummary {
  readonly started_instances: number;
  readonly memory_in_mb: number;
  readonly routes: number;
  readonly service_instances: number;
  readonly reserved_ports: number;
  readonly domains: number;
  readonly per_app_tasks: number;
  readonly service_keys: number;
}

/** Of everything. CC: fetchers/global_usage_summary_fetcher.rb */
export function globalUsage(api: CcApi): Promise<UsageSummary> {
  return summarize(
    api,
    sql`SELECT guid FROM spaces`,
    sql`SELECT guid FROM domains WHERE owning_organization_guid IS NOT NULL`,
  );
}

/** CC: presenters/v3/organization_usage_summary_presenter.rb */
export function organizationUsage(api: CcApi, guid: string): Promise<UsageSummary> {
  return summarize(
    api,
    sql`SELECT guid FROM spaces WHERE organization_guid = ${guid}`,
    sql`SELECT guid FROM domains WHERE owning_organization_guid = ${guid}`,
  );
}

/** CC: presenters/v3/space_usage_summary_presenter.rb */
export function spaceUsage(
  api: CcApi,
  space: { readonly guid: string; readonly organization_guid: string },
): Promise<UsageSummary> {
  return summarize(
    api,
    sql`SELECT ${space.guid}`,
    sql`SELECT guid FROM domains WHERE owning_organization_guid = ${space.organization_guid}`,
  );
}

async function summarize(api: CcApi, spaces: RawBuilder<unknown>, domains: RawBuilder<unknown>): Promise<UsageSummary> {
  const apps = sql`SELECT guid FROM apps WHERE space_guid IN (${spaces})`;
  const { rows } = await sql<UsageSummary>`SELECT
    (SELECT coalesce(sum(instances), 0) FROM processes WHERE state = 'STARTED' AND app_guid IN (${apps})) AS started_instances,
    (SELECT coalesce(sum(memory_in_mb * instances), 0) FROM processes WHERE state = 'STARTED' AND app_guid IN (${apps}))
      + (SELECT coalesce(sum(memory_in_mb), 0) FROM tasks WHERE state IN ('PENDING', 'RUNNING') AND app_guid IN (${apps})) AS memory_in_mb,
    (SELECT count(*) FROM routes WHERE space_guid IN (${spaces})) AS routes,
    (SELECT count(*) FROM service_instances WHERE type = 'managed' AND space_guid IN (${spaces})) AS service_instances,
    (SELECT count(*) FROM routes WHERE port > 0 AND space_guid IN (${spaces})) AS reserved_ports,
    (SELECT count(*) FROM domains WHERE guid IN (${domains})) AS domains,
    (SELECT count(*) FROM tasks WHERE state IN ('PENDING', 'RUNNING') AND app_guid IN (${apps})) AS per_app_tasks,
    (SELECT count(*) FROM service_credential_bindings WHERE type = 'key' AND service_instance_guid IN
      (SELECT guid FROM service_instances WHERE space_guid IN (${spaces}))) AS service_keys`.execute(api.db);
  return rows[0]!;
}
