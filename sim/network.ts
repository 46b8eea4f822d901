import type { Scheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimProcess } from "./sim-process.ts";

type Method = (...args: unknown[]) => Promise<unknown>;

interface Service {
  readonly process: SimProcess;
  readonly methods: object;
}

/** The network between simulated processes: every call takes time, some are late, some are lost, some machines are cut off. */
export class SimNetwork {
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  /** The newest last. */
  readonly #services = new Map<string, Service[]>();
  readonly #cutOff = new Set<string>();
  readonly #cutLinks = new Set<string>();
  /** Percent of messages that vanish; the caller waits until its own limit. */
  lossPercent = 0;
  /** Percent of messages that take up to `lateMs`. */
  latePercent = 0;
  lateMs = 0;
  /** Percent of calls that still go to an older server of the name, as through a connection kept open. */
  stalePercent = 0;
  /** Called with whoever a call has just reached. */
  onArrival: ((process: SimProcess) => void) | null = null;

  constructor(scheduler: Scheduler, random: SeededRandom) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** From now on `name` is served by this process; its death ends that. */
  serve(name: string, process: SimProcess, methods: object): void {
    const service = { process, methods };
    this.#services.set(name, [...(this.#services.get(name) ?? []), service]);
    process.atDeath(() => {
      const others = (this.#services.get(name) ?? []).filter((other) => other !== service);
      this.#services.set(name, others);
    });
  }

  #find(name: string): Service | undefined {
    const services = this.#services.get(name) ?? [];
    if (services.length < 2 || !this.#random.chance(this.stalePercent)) return services.at(-1);
    return this.#random.pick(services);
  }

  cutOff(node: string): void {
    this.#cutOff.add(node);
    this.#scheduler.note(`cut off ${node}`);
  }

  heal(node: string): void {
    this.#cutOff.delete(node);
    this.#scheduler.note(`heal ${node}`);
  }

  /** Only these two machines do not reach each other. */
  cutLink(a: string, b: string): void {
    this.#cutLinks.add(linkOf(a, b));
    this.#scheduler.note(`cut ${linkOf(a, b)}`);
  }

  healLink(a: string, b: string): void {
    this.#cutLinks.delete(linkOf(a, b));
    this.#scheduler.note(`heal ${linkOf(a, b)}`);
  }

  #reach(a: string, b: string): boolean {
    return a === b || !(this.#cutOff.has(a) || this.#cutOff.has(b) || this.#cutLinks.has(linkOf(a, b)));
  }

  /** A client whose calls travel from `from` to whoever serves `name` when they arrive. The last argument may be a signal. */
  client<T extends object>(from: SimProcess, name: string): T {
    return new Proxy({} as T, {
      get: (_target, method) =>
        typeof method === "string" && method !== "then" ? this.#method(from, name, method) : undefined,
    });
  }

  #method(from: SimProcess, name: string, method: string): Method {
    return (...args) => {
      const last = args.at(-1);
      const signal = last instanceof AbortSignal ? last : null;
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        let over = false;
        const aborted = (): void => {
          over = true;
          if (from.alive) reject(signal?.reason);
        };
        signal?.addEventListener("abort", aborted, { once: true });
        const finish = (settle: () => void): void => {
          if (over || !from.alive) return;
          over = true;
          signal?.removeEventListener("abort", aborted);
          settle();
        };
        this.#travel(() => {
          const service = this.#find(name);
          if (service === undefined) {
            finish(() => reject(new Error(`connection refused: ${name}`)));
            return;
          }
          if (!this.#reach(from.node, service.process.node)) return;
          this.#scheduler.note(`${from.name} → ${service.process.name} ${name}.${method}`);
          this.onArrival?.(service.process);
          // The callee has limits of its own; a caller that gave up does not stop what has arrived.
          const received = signal === null ? args : [...args.slice(0, -1), new AbortController().signal];
          const call = (service.methods as Record<string, Method | undefined>)[method];
          if (call === undefined) throw new Error(`${name} has no method ${method}`);
          const answer = (settle: () => void): void => {
            if (!service.process.alive) return; // it died over it: no answer, ever
            this.#travel(() => {
              if (this.#reach(from.node, service.process.node)) finish(settle);
            });
          };
          call.apply(service.methods, received).then(
            (result) => answer(() => resolve(result)),
            (error: unknown) => answer(() => reject(error)),
          );
        });
      });
    };
  }

  #travel(arrive: () => void): void {
    const random = this.#random;
    const late = random.chance(this.latePercent);
    const ms = late ? random.between(50, this.lateMs) : random.between(1, 10);
    const lost = random.chance(this.lossPercent);
    this.#scheduler.after(ms, () => {
      if (!lost) arrive();
    });
  }
}

function linkOf(a: string, b: string): string {
  return a < b ? `${a} – ${b}` : `${b} – ${a}`;
}
