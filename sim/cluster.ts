import type { AuctioneerClient } from "../src/diego/auctioneer/client.ts";
import { startAuctioneer } from "../src/diego/auctioneer/index.ts";
import type { LrpStore } from "../src/diego/bbs/index.ts";
import { type BbsClient, type BbsEvacuationClient, startBbs } from "../src/diego/bbs/index.ts";
import { MemoryDisk, memoryLrpStore } from "../src/diego/bbs/store-memory.ts";
import type { LocketClient } from "../src/diego/locket/client.ts";
import { type LockRecord, startLocket } from "../src/diego/locket/index.ts";
import { memoryLockStore } from "../src/diego/locket/store-memory.ts";
import type { RepClient } from "../src/diego/rep/client.ts";
import { silentLog } from "../src/kit/log.ts";
import { slowDisk } from "./disk.ts";
import { SimNetwork } from "./network.ts";
import { Scheduler } from "./scheduler.ts";
import { type SeededRandom, seededRandom } from "./seeded-random.ts";
import { SimCell } from "./sim-cell.ts";
import { SimProcess } from "./sim-process.ts";
import { type SimRep, startSimRep } from "./sim-rep.ts";
import { callbackHttp, Workload } from "./workload.ts";

export interface ClusterOptions {
  readonly seed: number;
  readonly cells: number;
  readonly listener?: (line: string) => void;
}

const CELL_MEMORY_MB = 4_096;
const ZONES = ["z1", "z2"];
/** Diego forgets a result after two minutes without a receiver; here the faults go on for longer, and none may be lost. */
const EXPIRE_COMPLETED_TASK_MS = 3_600_000;

/** One installation: Locket, two BBS and two auctioneers that compete for their locks, some cells, one user. */
export class SimCluster {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly network: SimNetwork;
  readonly cells: SimCell[];
  readonly workload: Workload;
  /** What is on the disk that both BBS share. */
  readonly bbsDisk = new MemoryDisk();
  readonly #lockDisk = new Map<string, LockRecord>();
  /** Role → its process; a role whose process died comes back after a while. */
  readonly #running = new Map<string, SimProcess>();
  readonly #userProcess: SimProcess;
  readonly #reps = new Map<string, SimRep>();
  #bbsThatLoaded: SimProcess | null = null;
  /** Two BBS on one state. */
  readonly overlaps: string[] = [];

  constructor(options: ClusterOptions) {
    this.random = seededRandom(options.seed);
    this.scheduler = new Scheduler(options.listener ?? null);
    this.network = new SimNetwork(this.scheduler, this.random);
    this.cells = Array.from(
      { length: options.cells },
      (_, at) => new SimCell(`cell-${at + 1}`, ZONES[at % ZONES.length]!, CELL_MEMORY_MB, this.scheduler, this.random),
    );
    this.#userProcess = new SimProcess("user", "user", this.scheduler, this.random);
    const bbs = this.network.client<BbsClient>(this.#userProcess, "bbs");
    this.workload = new Workload(this.#userProcess, bbs, this.random, this.scheduler);
    this.network.serve("cc", this.#userProcess, this.workload.callbackReceiver);
  }

  get roles(): string[] {
    return [
      "locket",
      "bbs-1",
      "bbs-2",
      "auctioneer-1",
      "auctioneer-2",
      ...this.cells.map((cell) => `rep-${cell.cellId}`),
    ];
  }

  start(): void {
    for (const role of this.roles) this.#launch(role);
    this.workload.start();
  }

  advance(ms: number): Promise<void> {
    return this.scheduler.advance(ms);
  }

  /** kill -9; it comes back after a while. */
  kill(role: string): void {
    this.#running.get(role)?.kill();
  }

  killMachine(cell: SimCell): void {
    cell.die();
    this.kill(`rep-${cell.cellId}`);
  }

  /** Empties a cell, for at most `limitMs`; then its machine goes, and comes back later. */
  drain(cell: SimCell, limitMs: number, awayMs: number): void {
    this.scheduler.note(`drain ${cell.cellId}`);
    let gone = false;
    const leave = (): void => {
      if (gone || !cell.up) return;
      gone = true;
      this.killMachine(cell);
      this.scheduler.after(awayMs, () => {
        if (!cell.up) this.reviveMachine(cell);
      });
    };
    this.#reps
      .get(cell.cellId)
      ?.evacuate()
      .then(leave, () => undefined);
    this.scheduler.after(limitMs, leave);
  }

  reviveMachine(cell: SimCell): void {
    cell.comeBack();
    this.#launch(`rep-${cell.cellId}`);
  }

  #launch(role: string): void {
    if (this.#running.get(role)?.alive) return;
    const process = new SimProcess(role, nodeOf(role), this.scheduler, this.random);
    this.#running.set(role, process);
    process.atDeath(() => {
      this.scheduler.after(this.random.between(500, 15_000), () => {
        const cell = this.cells.find(({ cellId }) => role === `rep-${cellId}`);
        if (cell === undefined || cell.up) this.#launch(role);
      });
    });
    this.scheduler.note(`start ${role}`);
    this.#startRole(role, process).catch((error: unknown) => {
      this.scheduler.note(`${role} did not start: ${String(error)}`);
      process.kill();
    });
  }

  /** The disk that both BBS share, and a look at who writes: only the one that read it last may. */
  #sharedStore(process: SimProcess, disk: ReturnType<typeof slowDisk>): LrpStore {
    const store = memoryLrpStore(this.bbsDisk, (apply) =>
      disk(() => {
        if (this.#bbsThatLoaded !== process)
          this.overlaps.push(`${process.name} writes after another BBS has taken over`);
        apply();
      }),
    );
    return {
      ...store,
      load: () => {
        this.#bbsThatLoaded = process;
        return store.load();
      },
    };
  }

  async #startRole(role: string, process: SimProcess): Promise<void> {
    const { clock } = process;
    const { random, network } = this;
    const log = silentLog();
    const pause = (): Promise<void> => clock.sleep(random.below(4));
    const locket = network.client<LocketClient>(process, "locket");
    const repOf = ({ cellId }: { readonly cellId: string }): RepClient =>
      network.client<RepClient>(process, `rep-${cellId}`);
    const disk = slowDisk(process, random);
    const dieOf = (failed: AbortSignal): void => failed.addEventListener("abort", () => process.kill());
    if (role === "locket") {
      const config = { databasePath: "", holdersDiedWithProcess: false };
      const { client } = await startLocket(config, {
        clock,
        random,
        log,
        store: memoryLockStore(this.#lockDisk, disk),
      });
      network.serve("locket", process, client);
    } else if (role.startsWith("bbs")) {
      const auctioneer = network.client<AuctioneerClient>(process, "auctioneer");
      const http = callbackHttp(network.client(process, "cc"));
      const store = this.#sharedStore(process, disk);
      const deps = { clock, random, log, locket, auctioneer: () => auctioneer, repOf, http, store, pause };
      const bbs = await startBbs({ databasePath: "", expireCompletedTaskMs: EXPIRE_COMPLETED_TASK_MS }, deps);
      dieOf(bbs.failed);
      if (process.alive) network.serve("bbs", process, bbs.client);
    } else if (role.startsWith("auctioneer")) {
      const bbs = network.client<BbsClient>(process, "bbs");
      const auctioneer = await startAuctioneer({}, { clock, random, log, locket, repOf, bbs, pause });
      dieOf(auctioneer.failed);
      // The address of the service follows the lock.
      auctioneer.active.then(
        () => network.serve("auctioneer", process, auctioneer.client),
        () => undefined,
      );
    } else {
      const cell = this.cells.find(({ cellId }) => role === `rep-${cellId}`)!;
      const bbs = network.client<BbsClient & BbsEvacuationClient>(process, "bbs");
      const rep = startSimRep({ cell, clock, random, log, bbs, locket });
      network.serve(`rep-${cell.cellId}`, process, rep.client);
      dieOf(rep.lost);
      this.#reps.set(cell.cellId, rep);
    }
  }
}

/** Reps live on their cell; everything else on a machine of its own. */
function nodeOf(role: string): string {
  return role.startsWith("rep-") ? role.slice("rep-".length) : role;
}
