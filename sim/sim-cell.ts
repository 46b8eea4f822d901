import type { CellPresence, CellState, LrpWork, ResourceNeed, TaskWork } from "../src/protocol/cell.ts";
import type { ActualLrpKey } from "../src/protocol/lrp.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";

export interface SimContainer {
  /** Instance guid, or the task's guid. */
  readonly guid: string;
  readonly lrp: ActualLrpKey | null;
  readonly need: ResourceNeed;
  readonly reservedAtMs: number;
  state: "reserved" | "created" | "running" | "completed";
  /** It was told to stop: its end is no crash. */
  stopped: boolean;
}

/** How often instances crash and tasks fail, in percent. */
const CRASH_PERCENT = 5;

/** A machine with containers. They live without their rep; with the machine they all die. */
export class SimCell {
  readonly presence: CellPresence;
  readonly containers = new Map<string, SimContainer>();
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  #up = true;
  /** The rep that runs now, to be told when a container changes. */
  onChange: ((container: SimContainer) => void) | null = null;
  /** No crashes any more: the faults are over. */
  calm = false;

  constructor(cellId: string, zone: string, memoryMb: number, scheduler: Scheduler, random: SeededRandom) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.presence = {
      cellId,
      repAddress: "",
      repUrl: `https://${cellId}`,
      zone,
      capacity: { memoryMb, diskMb: 100_000, containers: 200 },
      rootfsProviders: { preloaded: ["cflinuxfs4"] },
      placementTags: [],
      optionalPlacementTags: [],
    };
  }

  get cellId(): string {
    return this.presence.cellId;
  }

  get up(): boolean {
    return this.#up;
  }

  die(): void {
    this.#up = false;
    this.onChange = null;
    this.containers.clear();
    this.#scheduler.note(`machine ${this.cellId} dies`);
  }

  comeBack(): void {
    this.#up = true;
    this.#scheduler.note(`machine ${this.cellId} is back, empty`);
  }

  /** False when there is no room. */
  reserve(guid: string, work: LrpWork | TaskWork): boolean {
    const free = this.#available();
    if (work.memoryMb > free.memoryMb || work.diskMb > free.diskMb || free.containers < 1) return false;
    const lrp = "key" in work ? work.key : null;
    const reservedAtMs = this.#scheduler.nowMs;
    this.containers.set(guid, { guid, lrp, need: work, reservedAtMs, state: "reserved", stopped: false });
    return true;
  }

  reservedForMs(container: SimContainer): number {
    return this.#scheduler.nowMs - container.reservedAtMs;
  }

  /** Starts what is reserved: created at once, running a while later, ended some day. */
  run(container: SimContainer): void {
    if (container.state !== "reserved") return;
    const random = this.#random;
    container.state = "created";
    this.#later(container, random.between(200, 5_000), () => {
      if (container.state !== "created") return;
      this.#becomes(container, "running");
      if (container.lrp === null) this.#later(container, random.between(100, 40_000), () => this.#end(container));
      else if (!this.calm && random.chance(CRASH_PERCENT)) {
        this.#later(container, random.between(100, 400_000), () => this.#end(container));
      }
    });
  }

  stop(guid: string): void {
    const container = this.containers.get(guid);
    if (container === undefined || container.state === "completed") return;
    container.stopped = true;
    if (container.state === "reserved") this.#end(container);
    else this.#later(container, this.#random.between(1, 10_000), () => this.#end(container));
  }

  destroy(guid: string): void {
    if (this.containers.delete(guid)) this.#scheduler.note(`${this.cellId} destroys ${guid}`);
  }

  state(): CellState {
    const all = [...this.containers.values()];
    const { presence } = this;
    return {
      cellId: presence.cellId,
      repUrl: presence.repUrl,
      zone: presence.zone,
      total: presence.capacity,
      available: this.#available(),
      lrps: all.flatMap(({ lrp, need, guid, state }) =>
        lrp === null
          ? []
          : [{ ...need, key: lrp, instanceGuid: guid, state: state === "running" ? "RUNNING" : "CLAIMED" }],
      ),
      tasks: all.flatMap(({ lrp, need, guid }) =>
        lrp === null ? [{ ...need, taskGuid: guid, domain: "cf-tasks", state: "Running" }] : [],
      ),
      startingContainerCount: all.filter(({ state }) => state === "reserved" || state === "created").length,
      evacuating: false,
      rootfsProviders: presence.rootfsProviders,
      placementTags: [],
      optionalPlacementTags: [],
      volumeDrivers: [],
    };
  }

  #available(): { memoryMb: number; diskMb: number; containers: number } {
    let { memoryMb, diskMb, containers } = this.presence.capacity;
    for (const { need } of this.containers.values()) {
      memoryMb -= need.memoryMb;
      diskMb -= need.diskMb;
      containers--;
    }
    return { memoryMb, diskMb, containers };
  }

  #end(container: SimContainer): void {
    if (container.state !== "completed") this.#becomes(container, "completed");
  }

  #becomes(container: SimContainer, state: SimContainer["state"]): void {
    container.state = state;
    this.#scheduler.note(`${this.cellId} ${container.guid} ${state}`);
    this.onChange?.(container);
  }

  #later(container: SimContainer, ms: number, then: () => void): void {
    this.#scheduler.after(ms, () => {
      if (this.containers.get(container.guid) === container) then();
    });
  }
}
