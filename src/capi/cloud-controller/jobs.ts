import type { Kysely } from "kysely";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { Sqlite } from "../../kit/sqlite.ts";
import type { Links } from "./api/links.ts";
import type { Actor } from "./audit-events.ts";
import { CcError, errorDocument } from "./errors.ts";
import type { CcDatabase, JobsTable } from "./store/schema.ts";

/** A job that was written down. */
export interface CcJob {
  readonly guid: string;
  /** Where the client polls. */
  readonly href: string;
}

export interface JobRequest {
  /** `organization.delete`; its work is registered with `api.job`. */
  readonly operation: string;
  readonly resourceType: string;
  readonly resourceGuid: string;
  readonly actor: Actor;
  /** JSON for the work. */
  readonly input?: object;
}

export interface RunningJob {
  readonly guid: string;
  readonly resourceGuid: string;
  readonly actor: Actor;
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * The work of an operation. It may run again after a restart in its middle, so it begins by looking at what is left to do and treats
 * what is already gone as done. Throws `CcError` for what the client shall read; gives warnings back.
 */
export type JobWork = (job: RunningJob, signal: AbortSignal) => Promise<readonly string[] | undefined>;

export interface JobsDeps {
  readonly db: Kysely<CcDatabase>;
  readonly file: Sqlite;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly links: Links;
}

/** Jobs that run at once; the others wait in the table. */
const RUNNING_MAX = 8;
const JOB_TIMEOUT_MS = 15 * 60_000;

/** Long operations as rows: what was accepted runs to its end, also after kill -9. CC: jobs/pollable_job_wrapper.rb */
export class Jobs {
  readonly #deps: JobsDeps;
  readonly #works = new Map<string, JobWork>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #started = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(deps: JobsDeps) {
    this.#deps = deps;
  }

  register(operation: string, work: JobWork): void {
    if (this.#works.has(operation)) throw new Error(`two works for job ${operation}`);
    this.#works.set(operation, work);
  }

  /** Takes up what a former process left. Call when every operation is registered. */
  start(): void {
    this.#started = true;
    this.#look();
  }

  /** Writes the job down (in `trx`, together with the change that asks for it) and runs it soon after. */
  async enqueue(request: JobRequest, trx: Kysely<CcDatabase> = this.#deps.db): Promise<CcJob> {
    const guid = this.#deps.random.guid();
    const now = this.#deps.clock.nowMs();
    await trx
      .insertInto("jobs")
      .values({
        guid,
        created_at: now,
        updated_at: now,
        operation: request.operation,
        state: "PROCESSING",
        resource_type: request.resourceType,
        resource_guid: request.resourceGuid,
        user_guid: request.actor.guid,
        input: JSON.stringify(request.input ?? {}),
        actor: JSON.stringify(request.actor),
        errors: "[]",
        warnings: "[]",
      })
      .execute();
    this.#look();
    return { guid, href: this.#deps.links.href(`/v3/jobs/${guid}`) };
  }

  /** Resolves when nothing runs or waits. */
  async settled(): Promise<void> {
    await this.#looking;
    while (this.#running.size > 0) {
      await Promise.all(this.#running.values());
      await this.#looking;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("cloud controller stops"));
    await this.#looking;
    await Promise.allSettled(this.#running.values());
  }

  /** Looks for work, after the running look; the row of a caller's open transaction is seen because queries wait for it. */
  #look(): void {
    if (!this.#started) return;
    this.#looking = this.#looking
      .then(() => this.#takeUp())
      .catch((error) => this.#deps.log.error("jobs cannot be read", { error }));
  }

  async #takeUp(): Promise<void> {
    if (this.#stop.signal.aborted || this.#running.size >= RUNNING_MAX) return;
    const rows = await this.#deps.db
      .selectFrom("jobs")
      .where("state", "=", "PROCESSING")
      .orderBy("id")
      .limit(RUNNING_MAX + this.#running.size)
      .selectAll()
      .execute();
    for (const row of rows) {
      if (this.#running.has(row.guid) || this.#running.size >= RUNNING_MAX) continue;
      const run = this.#run(row).finally(() => {
        this.#running.delete(row.guid);
        this.#look();
      });
      this.#running.set(row.guid, run);
    }
  }

  async #run(row: Omit<JobsTable, "id">): Promise<void> {
    const signal = this.#deps.clock.deadline(JOB_TIMEOUT_MS, this.#stop.signal);
    try {
      const work = this.#works.get(row.operation);
      if (work === undefined) throw new Error(`no work for job ${row.operation}`);
      const warnings = await work(
        { guid: row.guid, resourceGuid: row.resource_guid, actor: JSON.parse(row.actor), input: JSON.parse(row.input) },
        signal,
      );
      await this.#finish(row.guid, "COMPLETE", [], warnings ?? []);
    } catch (error) {
      if (this.#stop.signal.aborted) return; // the next start takes it up again
      if (!(error instanceof CcError)) {
        this.#deps.log.error("job failed", { job: row.guid, operation: row.operation, error });
      }
      const shown = signal.aborted ? new CcError("JobTimeout") : error;
      await this.#finish(row.guid, "FAILED", errorDocument(shown).errors, []);
    }
  }

  async #finish(
    guid: string,
    state: "COMPLETE" | "FAILED",
    errors: readonly object[],
    warnings: readonly string[],
  ): Promise<void> {
    await this.#deps.db
      .updateTable("jobs")
      .set({
        state,
        errors: JSON.stringify(errors),
        warnings: JSON.stringify(warnings.map((detail) => ({ detail }))),
        updated_at: this.#deps.clock.nowMs(),
      })
      .where("guid", "=", guid)
      .execute();
    await this.#deps.file.durable();
  }
}
