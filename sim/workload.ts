import { Readable } from "node:stream";
import { type BbsClient, BbsError } from "../src/diego/bbs/index.ts";
import { sampleDesiredLrp, sampleTaskDefinition } from "../src/diego/bbs/sample-records.ts";
import type { HttpClient } from "../src/kit/http-client.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimProcess } from "./sim-process.ts";

const CALL_MS = 10_000;
/** After a call of unknown outcome, the user waits until no late message can arrive any more. */
const QUIESCE_MS = 45_000;
const APPS_MAX = 8;
const INSTANCES_MAX = 4;

/** What the user knows of one app: how many instances it may have; null: there is none. */
type Possible = Set<number | null>;

/** The user: desires, scales and removes apps, runs tasks, and remembers what was answered. */
export class Workload {
  /** By process guid. One entry: that is what must be there. */
  readonly apps = new Map<string, Possible>();
  /** Tasks whose desire was answered. */
  readonly tasks = new Set<string>();
  /** Tasks whose result has arrived. */
  readonly results = new Set<string>();
  readonly #process: SimProcess;
  readonly #bbs: BbsClient;
  readonly #random: SeededRandom;
  readonly #scheduler: Scheduler;
  #stopped = false;

  constructor(process: SimProcess, bbs: BbsClient, random: SeededRandom, scheduler: Scheduler) {
    this.#process = process;
    this.#bbs = bbs;
    this.#random = random;
    this.#scheduler = scheduler;
  }

  start(): void {
    void this.#keepDomainsFresh();
    for (let number = 1; number <= APPS_MAX; number++) void this.#useApp(`app-${number}`);
    void this.#runTasks();
  }

  /** No new wishes; calls under way end by themselves. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes a task's result. Served to the BBS under the name `cc`. */
  readonly callbackReceiver = {
    post: async (body: string): Promise<number> => {
      const { task_guid: taskGuid } = JSON.parse(body) as { task_guid: string };
      this.results.add(taskGuid);
      this.#scheduler.note(`result of ${taskGuid}`);
      return 200;
    },
  };

  #limit(): AbortSignal {
    return this.#process.clock.deadline(CALL_MS);
  }

  async #keepDomainsFresh(): Promise<void> {
    for (;;) {
      await this.#bbs.upsertDomain("cf-apps", 120, this.#limit()).catch(() => undefined);
      await this.#process.clock.sleep(30_000);
    }
  }

  async #useApp(processGuid: string): Promise<void> {
    const random = this.#random;
    while (!this.#stopped) {
      await this.#process.clock.sleep(random.between(1_000, 40_000));
      if (this.#stopped) return;
      const possible = this.apps.get(processGuid) ?? new Set([null]);
      this.apps.set(processGuid, possible);
      const exists = [...possible].some((instances) => instances !== null);
      const instances = random.between(0, INSTANCES_MAX);
      const removes = exists && random.chance(20);
      const wished = removes ? null : instances;
      const memoryMb = random.pick([32, 64, 128]);
      const signal = this.#limit();
      const call = removes
        ? this.#bbs.removeDesiredLrp(processGuid, signal)
        : exists
          ? this.#bbs.updateDesiredLrp(processGuid, { instances }, signal)
          : this.#bbs.desireLrp(sampleDesiredLrp({ processGuid, instances, memoryMb }), signal);
      possible.add(wished);
      try {
        await call;
        this.#keepOnly(possible, (one) => one === wished);
        this.#scheduler.note(`answered: ${processGuid} ${wished}`);
      } catch (error) {
        await this.#learn(error, possible, wished);
      }
    }
  }

  /** What a refusal tells; anything else leaves the outcome open. */
  async #learn(error: unknown, possible: Possible, wished: number | null): Promise<void> {
    const type = error instanceof BbsError ? error.type : null;
    if (type === "ResourceNotFound") this.#keepOnly(possible, (one) => one === null);
    else if (type === "ResourceExists") this.#keepOnly(possible, (one) => one !== null);
    else {
      this.#scheduler.note(`unknown: ${wished} ${String(error)}`);
      await this.#process.clock.sleep(QUIESCE_MS);
    }
  }

  #keepOnly(possible: Possible, keep: (one: number | null) => boolean): void {
    for (const one of possible) if (!keep(one)) possible.delete(one);
  }

  async #runTasks(): Promise<void> {
    for (let number = 1; !this.#stopped; number++) {
      await this.#process.clock.sleep(this.#random.between(2_000, 30_000));
      const taskGuid = `task-${number}`;
      const definition = sampleTaskDefinition({ completionCallbackUrl: "https://cc/done", memoryMb: 32 });
      await this.#bbs.desireTask(taskGuid, "cf-tasks", definition, this.#limit()).then(
        () => this.tasks.add(taskGuid),
        () => undefined,
      );
    }
  }
}

/** The BBS's way to the receiver of task results. */
export function callbackHttp(cc: { post(body: string, signal: AbortSignal): Promise<number> }): HttpClient {
  return {
    request: async ({ body, signal }) => {
      const status = await cc.post(String(body), signal);
      return { status, headers: {}, body: emptyBody() };
    },
  };
}

function emptyBody(): Readable {
  return Readable.from([]);
}
