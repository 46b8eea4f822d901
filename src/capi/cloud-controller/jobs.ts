import type { Kysely } from "kysely";
import type { Clock } from "../../kit/clock.ts";
import type { Durable } from "../../kit/database.ts";
import { DatabaseUnreachableError } from "../../kit/database-unreachable.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import { isBrokerError } from "../../services/broker-client/client.ts";
import type { Links } from "./api/links.ts";
import type { Actor } from "./audit-events.ts";
import { CcError, CompoundError, errorDocument, unprocessable } from "./errors.ts";
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
  /** JSON for the work; forgotten when the job ends, because it may hold secrets. */
  readonly input?: object;
  /**
   * Jobs of one lane share its places, so that what hangs in one never holds up another: `""` (default) for work on this machine,
   * `broker:GUID` for what waits for a service broker.
   */
  readonly lane?: string;
  /** The job that waits for this one; its parts are let into a full lane. */
  readonly rootGuid?: string;
  /** Let into a full lane: what must follow from work that was accepted. */
  readonly must?: true;
  /** Not before so many milliseconds have passed. */
  readonly delayMs?: number;
}

export interface RunningJob {
  readonly guid: string;
  readonly resourceGuid: string;
  readonly actor: Actor;
  readonly input: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  /** How often the work has run and asked to run again. */
  readonly runs: number;
  /**
   * Replaces the job's input together with what `trx` changes, so that a run after a crash knows that it was done: what must not be
   * told twice (audit events) is written this way.
   */
  readonly keep: (trx: Kysely<CcDatabase>, input: object) => Promise<void>;
}

/** Not done yet: the work runs again later, also after a restart. The job is POLLING meanwhile. */
export interface JobAgain {
  readonly againInMs: number;
  /** Replaces the job's input. */
  readonly input?: object;
  /** Shown while it waits. */
  readonly warnings?: readonly string[];
}

/**
 * The work of an operation. It may run again after a restart in its middle, so it begins by looking at what is left to do and treats
 * what is already gone as done. Throws `CcError` for what the client shall read; gives warnings back.
 */
export type JobWork = (job: RunningJob, signal: AbortSignal) => Promise<readonly string[] | JobAgain | undefined>;

export interface JobsDeps {
  readonly db: Kysely<CcDatabase>;
  readonly database: Durable;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly links: Links;
}

/** How the jobs that wait for one stand. */
export interface SubJobs {
  readonly open: number;
  readonly failures: readonly { readonly resourceGuid: string; readonly error: CcError }[];
}

/** Jobs of the main lane that run at once; the others wait in the table. */
const MAIN_MAX = 8;
/** Of each other lane, and of all others together. */
const LANE_MAX = 4;
const LANES_TOTAL_MAX = 64;
/** Unfinished jobs that one lane keeps; more are refused. */
const LANE_QUEUE_MAX = 2_000;
const JOB_TIMEOUT_MS = 15 * 60_000;
const LOOK_BATCH = 16;
const OPEN = ["PROCESSING", "POLLING"] as const;

/** Long operations as rows: what was accepted runs to its end, also after kill -9. CC: jobs/pollable_job_wrapper.rb, reoccurring_job.rb */
export class Jobs {
  readonly #deps: JobsDeps;
  readonly #works = new Map<string, JobWork>();
  readonly #running = new Map<string, { readonly lane: string; readonly done: Promise<void> }>();
  readonly #stop = new AbortController();
  #started = false;
  #looking: Promise<void> = Promise.resolve();
  #alarm: { readonly atMs: number; readonly off: AbortController } | null = null;

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

  /**
   * Writes the job down (in `trx`, together with the change that asks for it) and runs it soon after. Throws
   * ServiceBrokerRateLimitExceeded when the lane's queue is full.
   */
  async enqueue(request: JobRequest, trx: Kysely<CcDatabase> = this.#deps.db): Promise<CcJob> {
    const guid = this.#deps.random.guid();
    const now = this.#deps.clock.nowMs();
    const lane = request.lane ?? "";
    const limited = lane !== "" && request.rootGuid === undefined && request.must !== true;
    if (limited && (await this.#openIn(trx, lane)) >= LANE_QUEUE_MAX) {
      throw new CcError("ServiceBrokerRateLimitExceeded");
    }
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
        lane,
        root_guid: request.rootGuid ?? null,
        run_at: now + (request.delayMs ?? 0),
        runs: 0,
      })
      .execute();
    this.#look();
    return this.jobOf(guid);
  }

  jobOf(guid: string): CcJob {
    return { guid, href: this.#deps.links.href(`/v3/jobs/${guid}`) };
  }

  /** The unfinished job of this operation on the resource. */
  async open(operation: string, resourceGuid: string, trx: Kysely<CcDatabase> = this.#deps.db): Promise<CcJob | null> {
    const row = await trx
      .selectFrom("jobs")
      .where("resource_guid", "=", resourceGuid)
      .where("operation", "=", operation)
      .where("state", "in", OPEN)
      .orderBy("id")
      .select("guid")
      .executeTakeFirst();
    return row === undefined ? null : this.jobOf(row.guid);
  }

  /** The jobs whose root is this one. */
  async subJobs(rootGuid: string): Promise<SubJobs> {
    const rows = await this.#deps.db
      .selectFrom("jobs")
      .where("root_guid", "=", rootGuid)
      .orderBy("id")
      .select(["state", "errors", "resource_guid"])
      .execute();
    const failed = rows.filter(({ state }) => state === "FAILED");
    return {
      open: rows.filter(({ state }) => state === "PROCESSING" || state === "POLLING").length,
      failures: failed.map(({ errors, resource_guid: resourceGuid }) => {
        const [first] = JSON.parse(errors) as { detail: string }[];
        return { resourceGuid, error: unprocessable(first?.detail ?? "An unknown error occurred.") };
      }),
    };
  }

  /** What made the job fail; null when it did not. */
  async failureOf(guid: string): Promise<string | null> {
    const row = await this.#deps.db.selectFrom("jobs").where("guid", "=", guid).select("errors").executeTakeFirst();
    const [first] = JSON.parse(row?.errors ?? "[]") as { detail: string }[];
    return first?.detail ?? null;
  }

  /** Resolves when the job has run once: it has ended, or goes on polling. Rejects with the signal's reason. */
  async ranOnce(guid: string, signal: AbortSignal): Promise<JobsTable["state"]> {
    for (;;) {
      const row = await this.#deps.db.selectFrom("jobs").where("guid", "=", guid).select("state").executeTakeFirst();
      if (row === undefined) return "COMPLETE";
      if (row.state !== "PROCESSING") return row.state;
      const running = this.#running.get(guid)?.done;
      await (running === undefined ? this.#deps.clock.sleep(RAN_ONCE_LOOK_MS, signal) : until(running, signal));
    }
  }

  /** Resolves when nothing runs or is due. */
  async settled(): Promise<void> {
    await this.#looking;
    while (this.#running.size > 0) {
      await Promise.all([...this.#running.values()].map(({ done }) => done));
      await this.#looking;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("cloud controller stops"));
    this.#alarm?.off.abort();
    await this.#looking;
    await Promise.allSettled([...this.#running.values()].map(({ done }) => done));
  }

  async #openIn(trx: Kysely<CcDatabase>, lane: string): Promise<number> {
    const { n } = await trx
      .selectFrom("jobs")
      .where("state", "in", OPEN)
      .where("lane", "=", lane)
      .select((eb) => eb.fn.countAll<number>().as("n"))
      .executeTakeFirstOrThrow();
    return n;
  }

  /**
   * Looks for work, after the running look. It reads in a transaction, because those take turns on every database: so it waits for the
   * transaction of a caller and sees his row.
   */
  #look(): void {
    if (!this.#started) return;
    this.#looking = this.#looking
      .then(() => this.#takeUp())
      .catch(async (error) => {
        if (this.#stop.signal.aborted) return;
        this.#deps.log.error("jobs cannot be read", { error });
        await this.#pause();
        this.#look();
      });
  }

  async #takeUp(): Promise<void> {
    for (;;) {
      if (this.#stop.signal.aborted) return;
      const full = this.#fullLanes();
      const now = this.#deps.clock.nowMs();
      const rows = await this.#deps.db.transaction().execute((trx) => {
        let due = trx.selectFrom("jobs").where("state", "in", OPEN).where("run_at", "<=", now);
        if (full.lanes.length > 0) due = due.where("lane", "not in", full.lanes);
        if (this.#running.size > 0) due = due.where("guid", "not in", [...this.#running.keys()]);
        if (full.allButMain) due = due.where("lane", "=", "");
        return due.orderBy("id").limit(LOOK_BATCH).selectAll().execute();
      });
      if (rows.length === 0) return await this.#setAlarm(now);
      for (const row of rows) {
        if (this.#isFull(row.lane)) continue;
        const done = this.#run(row).finally(() => {
          this.#running.delete(row.guid);
          this.#look();
        });
        this.#running.set(row.guid, { lane: row.lane, done });
      }
    }
  }

  #isFull(lane: string): boolean {
    const { lanes, allButMain } = this.#fullLanes();
    return lanes.includes(lane) || (allButMain && lane !== "");
  }

  #fullLanes(): { lanes: string[]; allButMain: boolean } {
    const counts = new Map<string, number>();
    for (const { lane } of this.#running.values()) counts.set(lane, (counts.get(lane) ?? 0) + 1);
    const lanes = [...counts].filter(([lane, n]) => n >= (lane === "" ? MAIN_MAX : LANE_MAX)).map(([lane]) => lane);
    return { lanes, allButMain: this.#running.size - (counts.get("") ?? 0) >= LANES_TOTAL_MAX };
  }

  /** Looks again when the next waiting job is due. */
  async #setAlarm(now: number): Promise<void> {
    const next = await this.#deps.db
      .selectFrom("jobs")
      .where("state", "in", OPEN)
      .where("run_at", ">", now)
      .orderBy("run_at")
      .select("run_at")
      .executeTakeFirst();
    if (next === undefined || (this.#alarm !== null && this.#alarm.atMs <= next.run_at)) return;
    this.#alarm?.off.abort();
    const alarm = { atMs: next.run_at, off: new AbortController() };
    this.#alarm = alarm;
    const wait = Math.min(next.run_at - now, ALARM_MAX_MS);
    void this.#deps.clock.sleep(wait, alarm.off.signal).then(
      () => {
        if (this.#alarm === alarm) this.#alarm = null;
        this.#look();
      },
      () => undefined, // another alarm took its place
    );
  }

  /** Until what failed may work again. */
  #pause(): Promise<void> {
    return this.#deps.clock.sleep(RETRY_MS, this.#stop.signal).catch(() => undefined);
  }

  async #run(row: Omit<JobsTable, "id">): Promise<void> {
    try {
      await this.#attempt(row);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      // Its end could not be written down: it stays open and runs again, as after the death of the process.
      this.#deps.log.error("job waits for the database", { job: row.guid, operation: row.operation, error });
      await this.#pause();
    }
  }

  /** Throws when the database cannot be reached, and the job has not ended then. */
  async #attempt(row: Omit<JobsTable, "id">): Promise<void> {
    const signal = this.#deps.clock.deadline(JOB_TIMEOUT_MS, this.#stop.signal);
    try {
      const work = this.#works.get(row.operation);
      if (work === undefined) throw new Error(`no work for job ${row.operation}`);
      const job: RunningJob = {
        guid: row.guid,
        resourceGuid: row.resource_guid,
        actor: JSON.parse(row.actor),
        input: JSON.parse(row.input),
        createdAtMs: row.created_at,
        runs: row.runs,
        keep: async (trx, input) => {
          await trx
            .updateTable("jobs")
            .set({ input: JSON.stringify(input) })
            .where("guid", "=", row.guid)
            .execute();
        },
      };
      const outcome = await work(job, signal);
      if (outcome !== undefined && "againInMs" in outcome) await this.#again(row, outcome);
      else await this.#finish(row, "COMPLETE", [], outcome ?? []);
    } catch (error) {
      if (this.#stop.signal.aborted) return; // the next start takes it up again
      if (error instanceof DatabaseUnreachableError) throw error;
      if (!(error instanceof CcError) && !(error instanceof CompoundError) && !isBrokerError(error)) {
        this.#deps.log.error("job failed", { job: row.guid, operation: row.operation, error });
      }
      const shown = signal.aborted ? new CcError("JobTimeout") : error;
      await this.#finish(row, "FAILED", errorDocument(shown).errors, []);
    }
  }

  async #again(row: Omit<JobsTable, "id">, again: JobAgain): Promise<void> {
    const now = this.#deps.clock.nowMs();
    await this.#deps.db
      .updateTable("jobs")
      .set({
        state: "POLLING",
        run_at: now + again.againInMs,
        runs: row.runs + 1,
        updated_at: now,
        ...(again.input === undefined ? {} : { input: JSON.stringify(again.input) }),
        ...(again.warnings === undefined ? {} : { warnings: warningsJson(again.warnings) }),
      })
      .where("guid", "=", row.guid)
      .execute();
    await this.#deps.database.durable();
  }

  async #finish(
    row: Omit<JobsTable, "id">,
    state: "COMPLETE" | "FAILED",
    errors: readonly object[],
    warnings: readonly string[],
  ): Promise<void> {
    const now = this.#deps.clock.nowMs();
    await this.#deps.db
      .updateTable("jobs")
      .set({
        state,
        errors: JSON.stringify(errors),
        warnings: warningsJson(warnings),
        input: "{}",
        updated_at: now,
      })
      .where("guid", "=", row.guid)
      .execute();
    if (row.root_guid !== null) await this.#wakeRoot(row.root_guid, now);
    await this.#deps.database.durable();
  }

  /** Who waits for this job need not wait until his next look. */
  async #wakeRoot(guid: string, now: number): Promise<void> {
    await this.#deps.db
      .updateTable("jobs")
      .set({ run_at: now })
      .where("guid", "=", guid)
      .where("state", "=", "POLLING")
      .where("run_at", ">", now)
      .execute();
  }
}

/** After the database could not be reached. */
const RETRY_MS = 1_000;
/** A far alarm is set anew: timers are short and clocks are moved. */
const ALARM_MAX_MS = 10 * 60_000;
const RAN_ONCE_LOOK_MS = 20;

function warningsJson(warnings: readonly string[]): string {
  return JSON.stringify(warnings.map((detail) => ({ detail })));
}

function until(done: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    void done.finally(() => {
      signal.removeEventListener("abort", aborted);
      resolve();
    });
  });
}
