import { type Selectable, sql } from "kysely";
import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { notFound } from "../../errors.ts";
import type { JobsTable } from "../../store/schema.ts";

/**
 * How long an answer waits for a job that has just begun. The official cf looks at once and then sleeps 3 s: a job of some milliseconds
 * would cost its user those.
 */
const WAIT_MS = 400;

/** Registers `/v3/jobs/:guid`: anybody with a token may poll a job whose guid he knows. CC: controllers/v3/jobs_controller.rb */
export function jobs(api: CcApi): void {
  const find = (guid: string) => api.db.selectFrom("jobs").where("guid", "=", guid).selectAll().executeTakeFirst();
  api.get("/v3/jobs/:guid", async ({ params, signal }) => {
    let job = await find(params["guid"]!);
    if (job?.state === "PROCESSING") {
      await api.jobs.ranOnce(job.guid, api.deps.clock.deadline(WAIT_MS, signal)).catch(() => undefined);
      job = await find(job.guid);
    }
    if (job === undefined) throw notFound("Job");
    return ok(await presentJob(api, job));
  });
}

/** Tables whose resources jobs are about. */
const TABLES: Readonly<Record<string, string>> = {
  organization: "organizations",
  space: "spaces",
  role: "roles",
  user: "users",
  domain: "domains",
  route: "routes",
  organization_quota: "organization_quotas",
  space_quota: "space_quotas",
  security_group: "security_groups",
  app: "apps",
  package: "packages",
  droplet: "droplets",
  buildpack: "buildpacks",
  service_instance: "service_instances",
  service_instances: "service_instances", // what CC names the resource of creations and updates
  service_broker: "service_brokers",
  service_credential_binding: "service_credential_bindings",
  service_route_binding: "service_route_bindings",
};

/** CC: presenters/v3/job_presenter.rb */
async function presentJob(api: CcApi, job: Selectable<JobsTable>): Promise<object> {
  const table = TABLES[job.resource_type];
  const exists =
    table !== undefined &&
    (await sql`SELECT 1 FROM ${sql.table(table)} WHERE guid = ${job.resource_guid}`.execute(api.db)).rows.length > 0;
  return {
    guid: job.guid,
    created_at: presentTime(job.created_at),
    updated_at: presentTime(job.updated_at),
    operation: job.operation,
    state: job.state,
    errors: JSON.parse(job.errors) as unknown,
    warnings: JSON.parse(job.warnings) as unknown,
    links: {
      self: api.links.to(`/v3/jobs/${job.guid}`),
      ...(exists ? { [job.resource_type]: api.links.to(`/v3/${table}/${job.resource_guid}`) } : {}),
    },
  };
}
