import { fileURLToPath } from "node:url";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import { killExactly, startTicksOf } from "../../kit/process-identity.ts";
import type { GorouterConfig, RouterListener, WorkerConfig } from "./config.ts";
import type { ListenerStatus } from "./control-protocol.ts";
import { ListenFailedError, WorkerStartError } from "./errors.ts";
import { portHolder } from "./port-probe.ts";
import { PROXY_LIMITS } from "./worker/limits.ts";
import { forgetWorker, notedProcess, noteProcess, socketPath, workerName, writeWorkerConfig } from "./worker-files.ts";
import { WorkerLink, type WorkerLinkEvents } from "./worker-link.ts";
import type { WorkerSpawn } from "./worker-spawn.ts";

const START_TIMEOUT_MS = 15_000;
const ADOPT_TIMEOUT_MS = 3_000;
const EXIT_TIMEOUT_MS = 2_000;
/** Between attempts to reach a worker that is starting. */
const KNOCK_MS = 15;
/** A worker that answers nothing for so long hangs. */
const ANSWER_TIMEOUT_MS = 20_000;
const CHECK_INTERVAL_MS = 5_000;
const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 10_000;
/** Having run for so long, the next end is a first one again. */
const STABLE_MS = 30_000;

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly spawn: WorkerSpawn;
}

/** Keeps one worker running: adopts the one that is there, starts one, starts it again when it dies. */
export class WorkerSupervisor {
  readonly name: string;
  readonly #index: number;
  readonly #config: GorouterConfig;
  readonly #deps: SupervisorDeps;
  readonly #events: WorkerLinkEvents;
  readonly #onLink: (link: WorkerLink) => void;
  #listen: readonly RouterListener[];
  #link: WorkerLink | null = null;
  #listeners: readonly ListenerStatus[] = [];

  /** @param onLink a worker was started, or found again by `supervise`, and needs a snapshot. */
  constructor(
    index: number,
    config: GorouterConfig,
    deps: SupervisorDeps,
    events: WorkerLinkEvents,
    onLink: (link: WorkerLink) => void,
  ) {
    this.#index = index;
    this.#config = config;
    this.#deps = deps;
    this.#events = events;
    this.#onLink = onLink;
    this.#listen = config.listen;
    this.name = workerName(index, config);
  }

  get link(): WorkerLink | null {
    return this.#link;
  }

  get listeners(): readonly ListenerStatus[] {
    return this.#listeners;
  }

  /** Ports for a new worker where any was asked for. */
  useListeners(listen: readonly RouterListener[]): void {
    this.#listen = listen;
  }

  /** The worker of an earlier main, if it runs, listens and answers. It keeps its table until it is sent another. */
  async adopt(): Promise<WorkerLink | null> {
    const path = socketPath(this.#config.stateRun, this.name);
    const limit = this.#deps.clock.deadline(ADOPT_TIMEOUT_MS);
    const link = await WorkerLink.open(path, this.#events, limit);
    const listening = await link?.listening(limit);
    if (link !== null && listening !== undefined && "length" in listening) {
      this.#take(link, listening);
      return link;
    }
    link?.close();
    // Running without answering it would keep half of the connections to itself.
    const noted = notedProcess(this.#config.stateRun, this.name);
    if (noted !== null) killExactly(noted.pid, noted.startTicks);
    return null;
  }

  /** Starts a worker and waits until it listens. Throws `ListenFailedError`, `WorkerStartError`. */
  async start(signal: AbortSignal): Promise<WorkerLink> {
    const { stateRun } = this.#config;
    const limit = this.#deps.clock.deadline(START_TIMEOUT_MS, signal);
    const file = writeWorkerConfig(stateRun, this.name, this.#workerConfig());
    const entry = fileURLToPath(new URL("./worker.ts", import.meta.url));
    const { pid } = await this.#deps.spawn({ name: `gorouter-${this.#index}`, entry, args: [file] });
    const startTicks = startTicksOf(pid);
    if (startTicks !== null) noteProcess(stateRun, this.name, pid, startTicks);
    while (!limit.aborted) {
      const link = await WorkerLink.open(socketPath(stateRun, this.name), this.#events, limit);
      // A dying predecessor may still answer on the path.
      if (link !== null && link.hello.pid === pid) {
        this.#onLink(link); // it listens only once it has its routes
        const listening = await link.listening(limit);
        if ("length" in listening) {
          this.#take(link, listening);
          return link;
        }
        link.close();
        if (listening.code === "" && listening.port === 0) break;
        throw new ListenFailedError(listening, listening.code === "EADDRINUSE" ? portHolder(listening.port) : null);
      }
      link?.close();
      if (startTicksOf(pid) === null) break;
      await this.#deps.clock.sleep(KNOCK_MS, limit).catch(() => undefined);
    }
    signal.throwIfAborted();
    if (startTicks !== null) killExactly(pid, startTicks);
    throw new WorkerStartError(`gorouter worker ${this.#index} (pid ${pid}) did not start; see its log`);
  }

  /** Watches until aborted. */
  async supervise(signal: AbortSignal): Promise<void> {
    let backoffMs = BACKOFF_MIN_MS;
    while (!signal.aborted) {
      const sinceMs = this.#deps.clock.steadyMs();
      if (this.#link !== null) await this.#watch(this.#link, signal);
      if (signal.aborted) return; // the link stays: `stop` or `letGo` needs it
      this.#link = null;
      if (this.#deps.clock.steadyMs() - sinceMs > STABLE_MS) backoffMs = BACKOFF_MIN_MS;
      await this.#deps.clock.sleep(backoffMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      backoffMs = Math.min(backoffMs * 2, BACKOFF_MAX_MS);
      try {
        const link = await this.adopt();
        if (link !== null) this.#onLink(link);
        else {
          this.#deps.log.warn("gorouter worker ended; starting another", { worker: this.#index });
          await this.start(signal);
        }
      } catch (error) {
        if (!signal.aborted) this.#deps.log.error("gorouter worker does not start", { worker: this.#index, error });
      }
    }
  }

  /** Tells it to finish and waits until it has, or ends it. */
  async stop(timeoutMs: number): Promise<void> {
    const link = this.#link;
    this.#link = null;
    if (link !== null) {
      link.send({ type: "drain", timeoutMs });
      const closed = new AbortController();
      const late = this.#deps.clock.sleep(timeoutMs + 2_000, closed.signal).catch(() => undefined);
      await Promise.race([link.closed, late]);
      closed.abort(); // the timer would keep the process
      await this.#awaitEnd(link.hello.pid, link.hello.startTicks);
    }
    forgetWorker(this.#config.stateRun, this.name);
  }

  /** It has hung up and is about to exit; if not, it is made to. */
  async #awaitEnd(pid: number, startTicks: string): Promise<void> {
    const limit = this.#deps.clock.deadline(EXIT_TIMEOUT_MS);
    while (startTicksOf(pid) === startTicks && !limit.aborted) {
      await this.#deps.clock.sleep(KNOCK_MS, limit).catch(() => killExactly(pid, startTicks));
    }
  }

  /** Leaves it running for the next main. */
  letGo(): void {
    this.#link?.close();
    this.#link = null;
  }

  #take(link: WorkerLink, listeners: readonly ListenerStatus[]): void {
    this.#link = link;
    this.#listeners = listeners;
    this.#listen = this.#config.listen.map((wanted, at) => ({
      ...wanted,
      port: wanted.port !== 0 ? wanted.port : (sameListener(listeners, wanted)?.port ?? this.#listen[at]!.port),
    }));
  }

  /** Resolves when the worker is gone, or was found hanging and ended. */
  async #watch(link: WorkerLink, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    let open = true;
    void link.closed.then(() => {
      open = false;
    });
    while (open && !signal.aborted) {
      const stop = new AbortController();
      const pause = clock.sleep(CHECK_INTERVAL_MS, AbortSignal.any([signal, stop.signal])).catch(() => undefined);
      await Promise.race([link.closed, pause]);
      stop.abort();
      if (!open || signal.aborted) return;
      if ((await link.stats(clock.deadline(ANSWER_TIMEOUT_MS, signal))) === null && open && !signal.aborted) {
        log.error("gorouter worker hangs; ending it", { worker: this.#index, pid: link.hello.pid });
        killExactly(link.hello.pid, link.hello.startTicks);
        link.close();
      }
    }
  }

  #workerConfig(): WorkerConfig {
    const config = this.#config;
    return {
      index: this.#index,
      socketPath: socketPath(config.stateRun, this.name),
      listen: this.#listen,
      certPem: config.certificates?.certPem ?? null,
      keyPem: config.certificates?.keyPem ?? null,
      backendCaPem: config.backendCaPem ?? null,
      statusPort: this.#index === 0 ? (config.statusPort ?? null) : null,
      statusCredentials: config.statusCredentials ?? null,
      stickyCookieNames: config.stickyCookieNames ?? ["JSESSIONID"],
      secureCookies: config.secureCookies ?? false,
      limits: { ...PROXY_LIMITS, ...config.limits },
    };
  }
}

function sameListener(listeners: readonly ListenerStatus[], wanted: RouterListener): ListenerStatus | undefined {
  return listeners.find((one) => one.host === wanted.host && one.tls === wanted.tls);
}
