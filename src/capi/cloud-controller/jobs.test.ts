import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../kit/clock-system.ts";
import { kyselyOf } from "../../kit/kysely-sqlite.ts";
import { silentLog } from "../../kit/log.ts";
import { systemRandom } from "../../kit/random-system.ts";
import { Sqlite } from "../../kit/sqlite.ts";
import { Links } from "./api/links.ts";
import { CcError } from "./errors.ts";
import { Jobs, type JobWork } from "./jobs.ts";
import { CC_MIGRATIONS } from "./store/migrations.ts";
import type { CcDatabase } from "./store/schema.ts";

const actor = { guid: "alice", type: "user", name: "alice" } as const;
const hang: JobWork = (_job, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

async function onDisk(
  work: (open: (works: Record<string, JobWork>) => Promise<Opened>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "ingot-jobs-"));
  try {
    await work(async (works) => {
      const file = new Sqlite(join(folder, "cc.sqlite"));
      file.migrate(CC_MIGRATIONS);
      const db = kyselyOf<CcDatabase>(file);
      const deps = {
        db,
        database: file,
        clock: systemClock(),
        random: systemRandom(),
        log: silentLog(),
        links: new Links(""),
      };
      const jobs = new Jobs(deps);
      for (const [operation, one] of Object.entries(works)) jobs.register(operation, one);
      jobs.start();
      const close = async (): Promise<void> => {
        await jobs[Symbol.asyncDispose]();
        file[Symbol.dispose]();
      };
      const row = (guid: string) =>
        db.selectFrom("jobs").where("guid", "=", guid).selectAll().executeTakeFirstOrThrow();
      return { jobs, row, close };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Opened {
  readonly jobs: Jobs;
  readonly row: (guid: string) => Promise<{ state: string; input: string; warnings: string; runs: number }>;
  readonly close: () => Promise<void>;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const clock = systemClock();
  const limit = clock.deadline(10_000);
  while (!(await holds())) await clock.sleep(5, limit);
}

const job = (operation: string, more: object = {}) => ({
  operation,
  resourceType: "thing",
  resourceGuid: "thing-1",
  actor,
  ...more,
});

test("work that asks to run again polls with the input that it left, also after a restart", () =>
  onDisk(async (open) => {
    const seen: unknown[] = [];
    const work: JobWork = async ({ input, runs }) => {
      seen.push([input, runs]);
      return runs < 2 ? { againInMs: runs === 0 ? 1 : 150, input: { step: runs + 1 }, warnings: ["wait"] } : ["done"];
    };
    const first = await open({ poll: work });
    const { guid } = await first.jobs.enqueue(job("poll", { input: { step: 0 } }));
    await until(async () => (await first.row(guid)).runs === 2);
    assert.equal((await first.row(guid)).state, "POLLING");
    assert.equal((await first.row(guid)).warnings, '[{"detail":"wait"}]');
    await first.close();
    const second = await open({ poll: work });
    await until(async () => (await second.row(guid)).state === "COMPLETE");
    assert.deepEqual(seen, [
      [{ step: 0 }, 0],
      [{ step: 1 }, 1],
      [{ step: 2 }, 2],
    ]);
    assert.equal((await second.row(guid)).input, "{}", "what may hold secrets is forgotten");
    await second.close();
  }));

test("a lane that hangs holds up neither other lanes nor the main one", () =>
  onDisk(async (open) => {
    const { jobs, row, close } = await open({ hang, quick: async () => undefined });
    for (let n = 0; n < 50; n++) await jobs.enqueue(job("hang", { lane: "broker:stuck" }));
    const other = await jobs.enqueue(job("quick", { lane: "broker:fine" }));
    const main = await jobs.enqueue(job("quick"));
    const late = await jobs.enqueue(job("quick", { lane: "broker:stuck" }));
    await until(
      async () => (await row(other.guid)).state === "COMPLETE" && (await row(main.guid)).state === "COMPLETE",
    );
    assert.equal((await row(late.guid)).state, "PROCESSING");
    await close();
  }));

test("even many lanes that hang leave the main one its places, and a full queue refuses", () =>
  onDisk(async (open) => {
    const { jobs, row, close } = await open({ hang, quick: async () => undefined });
    for (let n = 0; n < 100; n++) await jobs.enqueue(job("hang", { lane: `broker:${n}` }));
    const main = await jobs.enqueue(job("quick"));
    await until(async () => (await row(main.guid)).state === "COMPLETE");
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 2_001; n++) await jobs.enqueue(job("hang", { lane: "broker:full", delayMs: 60_000 }));
    };
    await assert.rejects(fill(), (error) => error instanceof CcError && error.code === 10016);
    await close();
  }));

test("a root sees what became of its sub jobs and is woken by them", () =>
  onDisk(async (open) => {
    const { jobs, row, close } = await open({
      part: async ({ input }) => {
        if (input["fails"] === true) throw new CcError("UnableToPerform", ["unbind", "no"]);
        return undefined;
      },
      root: async ({ guid, runs }) => {
        if (runs === 0) {
          for (const fails of [false, true]) await jobs.enqueue(job("part", { rootGuid: guid, input: { fails } }));
        }
        const { open: waiting, failures } = await jobs.subJobs(guid);
        if (waiting > 0) return { againInMs: 60_000 };
        throw failures[0]!.error;
      },
    });
    const { guid } = await jobs.enqueue(job("root"));
    await until(async () => (await row(guid)).state === "FAILED");
    assert.equal((await jobs.subJobs(guid)).failures[0]?.error.message, "unbind could not be completed: no");
    await close();
  }));
