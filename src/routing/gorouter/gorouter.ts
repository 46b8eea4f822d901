import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { MessageBus, Subscription } from "../../kit/messages.ts";
import type { Random } from "../../kit/random.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import type { RouterGreeting } from "../../protocol/route-message.ts";
import { accessLogEmitter } from "./access-log-emitter.ts";
import type { GorouterConfig, RouterListener } from "./config.ts";
import { inParts, type ListenerStatus, type WorkerStats } from "./control-protocol.ts";
import { ListenFailedError } from "./errors.ts";
import type { RouteChange, RouteGroup } from "./model.ts";
import { probePort } from "./port-probe.ts";
import { RouteRegistry } from "./route-registry.ts";
import { subscribeRoutes } from "./route-subscriber.ts";
import { forgetWorker, socketPath, workersLeft } from "./worker-files.ts";
import { WorkerLink, type WorkerLinkEvents } from "./worker-link.ts";
import type { WorkerSpawn } from "./worker-spawn.ts";
import { WorkerSupervisor } from "./worker-supervisor.ts";

export interface GorouterDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly bus: MessageBus;
  readonly agent: AgentClient;
  readonly spawn: WorkerSpawn;
}

export interface Gorouter extends AsyncDisposable {
  /** Where it serves, real ports included. */
  readonly listeners: readonly ListenerStatus[];
  /** All routes, as the workers have them. */
  routes(): readonly RouteGroup[];
  readonly routeCount: number;
  /** One entry a worker that answers in time. */
  stats(signal: AbortSignal): Promise<readonly (WorkerStats & { readonly pid: number })[]>;
  /**
   * Those who register these components' routes (tag `component`) have said all they know since this router started, on this
   * very bus: what an earlier main's table had of them and they did not say again is forgotten at once, not when it is stale.
   * Rejects when the bus does not come that far before `signal`.
   */
  dropUnspoken(components: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
  /** The certificate files have changed. Open connections keep what they have. */
  reloadCertificates(): void;
  /** Ends this side only: the workers go on serving, and the next `startGorouter` adopts them. */
  letGo(): Promise<void>;
}

const STALE_AFTER_MS = 120_000;
const PRUNE_INTERVAL_MS = 30_000;
const REGISTER_INTERVAL_SECONDS = 20;
const DRAIN_TIMEOUT_MS = 900_000;
const OLD_WORKER_TIMEOUT_MS = 2_000;
/** Disposal is for the end of everything: nobody waits 15 minutes for that. */
const STOP_TIMEOUT_MS = 2_000;

/**
 * Resolves when every worker serves; workers of an earlier main that were told the same are adopted with their table,
 * others are replaced while they still serve. Rejects with `ListenFailedError` (names a port's holder) or
 * `WorkerStartError`. Disposal stops the workers.
 */
export async function startGorouter(config: GorouterConfig, deps: GorouterDeps): Promise<Gorouter> {
  const router = new MainSide(config, deps);
  await router.start();
  return router;
}

class MainSide implements Gorouter {
  readonly #config: GorouterConfig;
  readonly #deps: GorouterDeps;
  readonly #registry = new RouteRegistry();
  readonly #workers: WorkerSupervisor[] = [];
  readonly #stopping = new AbortController();
  readonly #id: string;
  readonly #onLogs: WorkerLinkEvents["onLogs"];
  readonly #running: Promise<void>[] = [];
  readonly #subscriptions: Subscription[] = [];
  #changes: RouteChange[] = [];
  #sequence = 1;
  /** The workers are the next main's now. */
  #letGo = false;

  constructor(config: GorouterConfig, deps: GorouterDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#id = `0-${deps.random.guid()}`;
    this.#onLogs = accessLogEmitter(deps);
    const events: WorkerLinkEvents = {
      onWantSnapshot: (link) => this.#sendSnapshot(link),
      onLogs: this.#onLogs,
    };
    for (let index = 0; index < (config.workers ?? 1); index++) {
      this.#workers.push(new WorkerSupervisor(index, config, deps, events, (link) => this.#sendSnapshot(link)));
    }
  }

  async start(): Promise<void> {
    const { signal } = this.#stopping;
    const old = await this.#findOldWorkers();
    try {
      await this.#adoptOrStart(old, signal);
    } catch (error) {
      this.#stopping.abort();
      await Promise.all(this.#workers.map((worker) => worker.stop(0)));
      for (const { link } of old) link.close();
      throw error;
    }
    for (const { name, link } of old) this.#retire(name, link);
    this.#subscriptions.push(
      subscribeRoutes(this.#deps, {
        register: (group) => this.#change(this.#registry.register(group, this.#deps.clock.steadyMs())),
        unregister: (group) => this.#change(this.#registry.unregister(group)),
        greeting: () => this.#greeting(),
        staleAfterMs: this.#config.staleAfterMs ?? STALE_AFTER_MS,
      }),
    );
    for (const worker of this.#workers) this.#running.push(worker.supervise(signal));
    this.#running.push(this.#prune(signal));
  }

  get listeners(): readonly ListenerStatus[] {
    return this.#workers[0]?.listeners ?? [];
  }

  get routeCount(): number {
    return this.#registry.routeCount;
  }

  routes(): readonly RouteGroup[] {
    return [...this.#registry.groups()];
  }

  async stats(signal: AbortSignal): Promise<readonly (WorkerStats & { readonly pid: number })[]> {
    const all = await Promise.all(
      this.#workers.map(async ({ link }) => {
        const stats = link === null ? null : await link.stats(signal);
        return stats === null || link === null ? null : { ...stats, pid: link.hello.pid };
      }),
    );
    return all.filter((stats) => stats !== null);
  }

  async dropUnspoken(components: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { bus, log } = this.#deps;
    // Our own answer comes back behind everything that was said on the bus before.
    const stopping = this.#stopping.signal;
    await bus.request("router.greet", "", AbortSignal.any([signal, stopping])).catch((error: unknown) => {
      if (!stopping.aborted) throw error;
    });
    if (stopping.aborted) return;
    const changes = this.#registry.dropInherited(({ tags }) => components.has(tags["component"] ?? ""));
    if (changes.length > 0) log.info("routes of an earlier run dropped", { endpoints: changes.length });
    this.#change(changes);
  }

  reloadCertificates(): void {
    for (const { link } of this.#workers) link?.send({ type: "reload-certificates" });
  }

  async letGo(): Promise<void> {
    await this.#end();
    for (const worker of this.#workers) worker.letGo();
    this.#letGo = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#letGo) return;
    await this.#end();
    await Promise.all(this.#workers.map((worker) => worker.stop(STOP_TIMEOUT_MS)));
  }

  async #end(): Promise<void> {
    this.#stopping.abort();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await Promise.all(this.#running);
  }

  /** Workers with another configuration (or version) that an earlier main has left. */
  async #findOldWorkers(): Promise<{ name: string; link: WorkerLink }[]> {
    const { stateRun } = this.#config;
    const wanted = new Set(this.#workers.map(({ name }) => name));
    const found: { name: string; link: WorkerLink }[] = [];
    for (const name of workersLeft(stateRun)) {
      if (wanted.has(name)) continue;
      const limit = this.#deps.clock.deadline(OLD_WORKER_TIMEOUT_MS);
      const events = { onWantSnapshot: () => undefined, onLogs: this.#onLogs };
      const link = await WorkerLink.open(socketPath(stateRun, name), events, limit);
      if (link === null) forgetWorker(stateRun, name);
      else found.push({ name, link });
    }
    return found;
  }

  async #adoptOrStart(old: readonly { link: WorkerLink }[], signal: AbortSignal): Promise<void> {
    const adopted: WorkerLink[] = [];
    for (const worker of this.#workers) {
      const link = await worker.adopt();
      if (link !== null) adopted.push(link);
    }
    // What an earlier main knew stays until it would have gone stale, or until `dropUnspoken` knows better.
    const source = adopted[0] ?? old[0]?.link;
    if (source !== undefined) {
      const nowMs = this.#deps.clock.steadyMs();
      for (const group of await source.table()) this.#registry.inherit(group, nowMs);
    }
    this.#sequence = Math.max(1, ...adopted.map((link) => link.hello.sequence)) + 1;
    for (const link of adopted) this.#sendSnapshot(link);
    const missing = this.#workers.filter((worker) => worker.link === null);
    if (missing.length === 0) return;
    if (adopted.length === 0 && old.length === 0) {
      const listen = await this.#probe();
      for (const worker of this.#workers) worker.useListeners(listen);
    }
    await Promise.all(missing.map((worker) => worker.start(signal)));
  }

  /** Nobody of ours serves: the ports must be really free. */
  async #probe(): Promise<RouterListener[]> {
    const listen: RouterListener[] = [];
    for (const wanted of this.#config.listen) {
      if (wanted.whenPresent === true) {
        listen.push(wanted);
        continue;
      }
      const probe = await probePort(wanted.host, wanted.port);
      if (!probe.free)
        throw new ListenFailedError({ ...wanted, code: probe.code, message: probe.message }, probe.holder);
      listen.push({ ...wanted, port: probe.port });
    }
    return listen;
  }

  #retire(name: string, link: WorkerLink): void {
    const { stateRun, drainTimeoutMs } = this.#config;
    this.#deps.log.info("replacing a gorouter worker", { name, pid: link.hello.pid });
    link.send({ type: "drain", timeoutMs: drainTimeoutMs ?? DRAIN_TIMEOUT_MS });
    void link.closed.then(() => forgetWorker(stateRun, name));
  }

  #greeting(): RouterGreeting {
    const { registerIntervalSeconds, staleAfterMs } = this.#config;
    return {
      id: this.#id,
      hosts: [this.listeners[0]?.host ?? "127.0.0.1"],
      minimumRegisterIntervalInSeconds: registerIntervalSeconds ?? REGISTER_INTERVAL_SECONDS,
      pruneThresholdInSeconds: (staleAfterMs ?? STALE_AFTER_MS) / 1000,
    };
  }

  async #prune(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      await clock.sleep(this.#config.pruneIntervalMs ?? PRUNE_INTERVAL_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const changes = this.#registry.prune(clock.steadyMs());
      if (changes.length > 0) log.info("routes pruned", { endpoints: changes.length });
      this.#change(changes);
    }
  }

  /** All changes of one turn of the event loop go out as one message. */
  #change(changes: readonly RouteChange[]): void {
    if (changes.length === 0) return;
    if (this.#changes.length === 0) queueMicrotask(() => this.#sendChanges());
    this.#changes.push(...changes);
  }

  #sendChanges(): void {
    const changes = this.#changes;
    this.#changes = [];
    this.#sequence++;
    for (const { link } of this.#workers) link?.send({ type: "delta", sequence: this.#sequence, changes });
  }

  #sendSnapshot(link: WorkerLink): void {
    if (this.#changes.length > 0) this.#sendChanges(); // they are part of the snapshot; nobody shall apply them after it
    const sequence = this.#sequence;
    for (const part of inParts(this.#registry.groups())) link.send({ type: "snapshot", sequence, ...part });
  }
}
