import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { SEALING_SECRET, TestCc } from "../src/capi/cloud-controller/testing/boot-cc.ts";
import { FakeBroker } from "../src/capi/cloud-controller/testing/fake-broker.ts";
import { offerCatalog } from "../src/capi/cloud-controller/testing/offer-catalog.ts";
import type { DatabaseLocation } from "../src/kit/database.ts";
import { waitPercentile, watchEventLoop } from "../src/kit/event-loop-delay.ts";
import { systemSecrets } from "../src/kit/random-system.ts";
import { Seal } from "../src/kit/seal.ts";
import type { BenchRequest, Order, Outcome } from "./_cc-load-worker.ts";
import { createApp, everydayRequests, type Measured, measuredRequests } from "./_cc-requests.ts";
import { type Amount, type BenchWorld, fillStore, LARGE_SPACES, spacesOfUser } from "./_cc-rows.ts";
import { type BareDatabase, openBare } from "./_cc-store.ts";
import { median, printFigure, timed } from "./_measure.ts";

export const name = "cloud-controller";
export const about =
  "Cloud Controller with 10,000 apps: lists, single apps, writes, 200 clients at once, 1k to 100k apps (INGOT_BENCH_POSTGRES=URL: there)";

/** The store of the issue: 1,000 organizations, 5,000 spaces, 10,000 apps, 20,000 routes, 10,000 service instances, 2,000 users. */
const USUAL: Amount = { apps: 10_000, auditEvents: 100_000 };
const CURVE: readonly Amount[] = [
  { apps: 1_000, auditEvents: 10_000 },
  { apps: 100_000, auditEvents: 1_000_000 },
];
const CLIENTS = 200;
const CROWD_MS = 10_000;
const CROWD_REQUESTS = 40_000;
const WARM_UP = 5;
const CREATES = 40;
const ADMIN_SCOPES = ["cloud_controller.admin", "cloud_controller.read", "cloud_controller.write"];

/** Clients live in a thread of their own and ask over loopback; figures are what they see. Parts: `INGOT_BENCH_PARTS=pages,crowd,deletes,curve`. */
export async function run(): Promise<void> {
  const parts = (process.env["INGOT_BENCH_PARTS"] ?? "pages,crowd,deletes,curve").split(",");
  process.stdout.write(`${cpus().length} CPUs, load ${loadavg()[0]!.toFixed(1)}; medians\n`);
  if (parts.some((part) => part !== "curve")) {
    await using stage = await Stage.build(USUAL);
    if (parts.includes("pages")) {
      for (const admin of [true, false]) await pages(stage, admin, () => true);
      await creates(stage);
    }
    if (parts.includes("crowd")) await crowd(stage);
    if (parts.includes("deletes")) await deletes(stage);
  }
  if (!parts.includes("curve")) return;
  for (const amount of CURVE) {
    await using stage = await Stage.build(amount);
    for (const admin of [true, false]) await pages(stage, admin, ({ curve }) => curve === true);
  }
}

/** A Cloud Controller on a full store, and clients. */
class Stage implements AsyncDisposable {
  readonly cc: TestCc;
  readonly world: BenchWorld;
  readonly bare: BareDatabase;
  readonly #worker: Worker;
  readonly #tokens = new Map<string, string>();
  readonly #release: AsyncDisposableStack;

  private constructor(
    cc: TestCc,
    world: BenchWorld,
    bare: BareDatabase,
    worker: Worker,
    release: AsyncDisposableStack,
  ) {
    this.cc = cc;
    this.world = world;
    this.bare = bare;
    this.#worker = worker;
    this.#release = release;
  }

  static async build(amount: Amount): Promise<Stage> {
    await using release = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "ingot-bench-"));
    release.defer(() => rmSync(folder, { recursive: true, force: true }));
    const location = databaseIn(folder);
    const cc = release.use(await TestCc.boot({}, {}, { database: location }));
    const broker = release.use(await FakeBroker.start([OFFERING]));
    await offerCatalog(cc, broker);
    const bare = release.use(await openBare(location));
    const [domain] = await bare.rows("SELECT guid FROM domains WHERE name = 'apps.cf.localhost'");
    const [quota] = await bare.rows("SELECT guid FROM organization_quotas");
    const known = { domain: String(domain!["guid"]), quota: String(quota!["guid"]), plan: "plan-small" };
    const seal = new Seal({ current: "test", keys: { test: SEALING_SECRET } }, systemSecrets());
    const { ms, result: world } = await timed(() => fillStore(bare.insert, amount, seal, known));
    const tuned = await timed(() => bare.filled());
    const where = "url" in location ? "PostgreSQL" : "SQLite";
    const filled = `filled in ${(ms / 1000).toFixed(1)} s, statistics ${(tuned.ms / 1000).toFixed(1)} s`;
    process.stdout.write(`\n${where}, ${amount.apps.toLocaleString("en")} apps: ${filled}\n`);
    const worker = new Worker(join(import.meta.dirname, "_cc-load-worker.ts"));
    release.defer(async () => void (await worker.terminate()));
    return new Stage(cc, world, bare, worker, release.move());
  }

  /** The token of a user, or of the admin. */
  async token(user: number | "admin"): Promise<string> {
    const userName = user === "admin" ? "admin" : this.world.users[user]!;
    let token = this.#tokens.get(userName);
    if (token === undefined) {
      const hours = { exp: Math.floor(Date.now() / 1_000) + 36_000 };
      token = await (user === "admin"
        ? this.cc.token(userName, ADMIN_SCOPES, hours)
        : this.cc.token(userName, undefined, hours));
      this.#tokens.set(userName, token);
    }
    return token;
  }

  /** What the clients saw. Throws when an answer was no success. */
  async ask(order: DistributiveOmit<Order, "port">): Promise<Outcome> {
    this.#worker.postMessage({ ...order, port: Number(new URL(this.cc.url).port) });
    const [outcome] = (await once(this.#worker, "message")) as [Outcome];
    if (outcome.wrong.length > 0) throw new Error(`${outcome.wrong.length} failed, such as ${outcome.wrong[0]}`);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#release.disposeAsync();
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function databaseIn(folder: string): DatabaseLocation {
  const url = process.env["INGOT_BENCH_POSTGRES"] ?? "";
  if (url === "") return { path: join(folder, "cc.sqlite") };
  return { url, schema: `bench_${randomBytes(6).toString("hex")}` };
}

async function pages(stage: Stage, admin: boolean, wanted: (measured: Measured) => boolean): Promise<void> {
  const token = await stage.token(admin ? "admin" : 0);
  process.stdout.write(admin ? "as admin\n" : `as a developer of ${LARGE_SPACES} spaces\n`);
  for (const measured of measuredRequests(stage.world, admin).filter(wanted)) {
    const lists = measured.lists.map((paths) => paths.map((path): BenchRequest => ({ method: "GET", path, token })));
    await stage.ask({ kind: "one-by-one", lists: lists.slice(0, WARM_UP) });
    const before = processorMs();
    const { took } = await stage.ask({ kind: "one-by-one", lists });
    const ms = median(took);
    const processor = (processorMs() - before) / lists.length;
    const bareMs = measured.bare === undefined ? null : await bareMedian(stage.bare, measured.bare);
    const beside = bareMs === null ? "" : `, ${(ms / bareMs).toFixed(1)} × ${bareMs.toFixed(2)} of the database alone`;
    const budget = measured.budgetMs === undefined ? "" : `${measured.budgetMs} ms`;
    printFigure(
      `  ${measured.name}`,
      `${ms.toFixed(1)} ms (${processor.toFixed(1)} on the processor${beside})`,
      budget,
    );
  }
}

/** What the Cloud Controller's thread has used. On a busy machine the one figure that holds. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

async function bareMedian(bare: BareDatabase, statements: readonly string[]): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < 15; round++) {
    all.push(
      (
        await timed(async () => {
          for (const statement of statements) await bare.rows(statement);
        })
      ).ms,
    );
  }
  return median(all);
}

/** Each answer waits for the disk. */
async function creates(stage: Stage): Promise<void> {
  const token = await stage.token(0);
  const spaces = spacesOfUser(0, stage.world.spaces);
  const lists = Array.from({ length: CREATES }, (_, index) => [
    { ...createApp(0, `new-${index}`, spaces[index % spaces.length]!.guid), token },
  ]);
  const before = processorMs();
  const { took } = await stage.ask({ kind: "one-by-one", lists });
  const processor = (processorMs() - before) / lists.length;
  const figure = `${median(took.slice(WARM_UP)).toFixed(1)} ms (${processor.toFixed(1)} on the processor)`;
  printFigure("  POST /v3/apps, on disk when answered", figure, "8 ms");
}

async function crowd(stage: Stage): Promise<void> {
  let seed = 12_345;
  const pick = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  const requests: BenchRequest[] = [];
  for (const { user, ...one } of everydayRequests(stage.world, pick)) {
    requests.push({ ...one, token: await stage.token(user) });
    if (requests.length === CROWD_REQUESTS) break;
  }
  await stage.ask({ kind: "crowd", clients: 20, ms: 2_000, requests: requests.splice(0, 4_000) });
  const asked = stage.ask({ kind: "crowd", clients: CLIENTS, ms: CROWD_MS, requests });
  // Handing over the requests was this thread's work, but nobody's request.
  using loop = watchEventLoop();
  using turns = watchTurns();
  const before = processorMs();
  const { took, ms } = await asked;
  const processor = (processorMs() - before) / took.length;
  const p999 = loop.readP999Ms();
  const sorted = [...took].sort((a, b) => a - b);
  const at = (share: number): string => `${sorted[Math.floor((sorted.length - 1) * share)]!.toFixed(0)} ms`;
  process.stdout.write(`${CLIENTS} developers' clients at once, without pause\n`);
  printFigure("  requests", `${Math.round((took.length / ms) * 1_000).toLocaleString("en")} /s`);
  printFigure("  a request's processor time", `${processor.toFixed(2)} ms`);
  printFigure("  a request takes, p50 / p99", `${at(0.5)} / ${at(0.99)}`);
  printFigure("  event loop p99.9", `${p999.toFixed(1)} ms`, "20 ms");
  printFigure("  a turn's processor time, p99.9", `${turns.readP999Ms().toFixed(1)} ms`);
}

/** Turns of the event loop by their processor time: how long they would take with the processor to themselves. Keeps an idle process busy. */
function watchTurns(): Disposable & { readP999Ms(): number } {
  const all: number[] = [];
  let isOver = false;
  let sinceMs = processorMs();
  const turn = (): void => {
    const nowMs = processorMs();
    all.push(nowMs - sinceMs);
    sinceMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    readP999Ms: () => waitPercentile(countsOf(all), sum(all), 0.999),
    [Symbol.dispose]: () => {
      isOver = true;
    },
  };
}

function countsOf(turns: readonly number[]): [number, number][] {
  return turns.map((ms) => [ms, 1]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Organizations with all that is in them; brokers are asked over HTTP. */
async function deletes(stage: Stage): Promise<void> {
  const call = await stage.cc.admin();
  for (const [what, organization] of [
    ["of 10 apps", stage.world.organizations[LARGE_SPACES + 1]!],
    ["of 58 apps, 50 of them in one space", stage.world.organizations[1]!],
  ] as const) {
    using loop = watchEventLoop();
    const { ms, result } = await timed(async () => {
      return stage.cc.job(await call("DELETE", `/v3/organizations/${organization}`));
    });
    if (result.state !== "COMPLETE") throw new Error(JSON.stringify(result));
    printFigure(`DELETE of an organization ${what}`, `${ms.toFixed(0)} ms`);
    printFigure("  event loop p99.9 meanwhile", `${loop.readP999Ms().toFixed(1)} ms`, "20 ms");
  }
}

const OFFERING = {
  id: "db",
  name: "db",
  description: "databases",
  bindable: true,
  plan_updateable: true,
  plans: [{ id: "small", name: "small", description: "small", free: true }],
};
