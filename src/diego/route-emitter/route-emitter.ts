import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { MessageBus } from "../../kit/messages.ts";
import type { Random } from "../../kit/random.ts";
import { runSliced } from "../../kit/sliced.ts";
import type { LrpEvent } from "../../protocol/lrp.ts";
import type { RouterGreeting } from "../../protocol/route-message.ts";
import type { BbsClient } from "../bbs/client.ts";
import { ROUTE_EMITTER_DEFAULTS, type RouteEmitterConfig } from "./config.ts";
import type { Registration } from "./registrations.ts";
import { type RouteChanges, RoutingTable } from "./routing-table.ts";
import { Unregistrations } from "./unregistrations.ts";

const BBS_CALL_MS = 10_000;
const RETRY_MS = 1_000;
/** Readings at one a second until the routed domains are fresh, as they are soon after a start; later ones come at their interval. */
const EARLY_READINGS_MAX = 30;
/** Greetings at one a second. Diego: route-emitter/scheduler, MaxGreetAttempts */
const GREETINGS_MAX = 30;
/** Messages between two pauses of the event loop. */
const MESSAGES_PER_SLICE = 200;
/** Events kept while the BBS is read; more, and the reading starts again. */
const PENDING_EVENTS_MAX = 10_000;

/** Subjects of the two kinds of routers. Diego: route-emitter/emitter/nats_emitter.go */
const SUBJECT = { http: "router", internal: "service-discovery" } as const;

export interface RouteEmitterDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly bbs: BbsClient;
  readonly bus: MessageBus;
  /** Lets the event loop go on; `setImmediate` outside the simulator. */
  readonly pause: () => Promise<void>;
}

export interface StartedRouteEmitter extends AsyncDisposable {
  /** Resolves when the first reading of the BBS has been registered. */
  readonly synced: Promise<void>;
  /**
   * Resolves when a reading during which all routed domains were fresh has been registered: every route that exists has been
   * said on the bus since the start. Does not resolve while the BBS cannot be read.
   */
  readonly complete: Promise<void>;
}

/**
 * Tells the routers which instances answer for which names: by event at once, by comparison every 20 s, and everything
 * again at the routers' own interval and whenever one starts. Diego: cloudfoundry/route-emitter
 */
export async function startRouteEmitter(
  config: RouteEmitterConfig,
  deps: RouteEmitterDeps,
): Promise<StartedRouteEmitter> {
  const emitter = new RouteEmitter({ ...ROUTE_EMITTER_DEFAULTS, ...config }, deps);
  emitter.start();
  return emitter;
}

class RouteEmitter implements StartedRouteEmitter {
  readonly synced: Promise<void>;
  readonly complete: Promise<void>;
  readonly #config: Required<RouteEmitterConfig>;
  readonly #deps: RouteEmitterDeps;
  readonly #table: RoutingTable;
  readonly #unregistrations: Unregistrations;
  readonly #end = new AbortController();
  readonly #firstSync = Promise.withResolvers<void>();
  readonly #firstWhole = Promise.withResolvers<void>();
  #isWhole = false;
  #readings = 0;
  #subscriptions: Disposable[] = [];
  #loops: Promise<unknown> = Promise.resolve();
  /** Events since the reading under way began; null when none is. */
  #pending: LrpEvent[] | null = null;
  #emitting: Promise<void> | null = null;

  constructor(config: Required<RouteEmitterConfig>, deps: RouteEmitterDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#table = new RoutingTable(config.registersDirectInstanceRoutes);
    this.#unregistrations = new Unregistrations(config.unregistrationSendCount);
    this.synced = this.#firstSync.promise;
    this.synced.catch(() => undefined);
    this.complete = this.#firstWhole.promise;
    this.complete.catch(() => undefined);
  }

  start(): void {
    this.#loops = Promise.all([
      this.#watch(),
      this.#greet("http"),
      this.#greet("internal"),
      this.#repeatUnregistrations(),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#firstSync.reject(new Error("the route emitter goes away"));
    this.#firstWhole.reject(new Error("the route emitter goes away"));
    this.#end.abort(new Error("the route emitter goes away"));
    await this.#loops;
    await this.#emitting;
  }

  /** Events and readings until the end; a broken event stream is opened again, with a reading after it. */
  async #watch(): Promise<void> {
    const { bbs, clock, log } = this.#deps;
    const { signal } = this.#end;
    while (!signal.aborted) {
      const round = new AbortController();
      const either = AbortSignal.any([signal, round.signal]);
      try {
        const events = bbs.lrpEvents(either); // before the first reading: nothing falls in between
        const syncing = this.#syncLoop(either);
        try {
          for await (const event of events) await this.#handle(event);
        } finally {
          round.abort();
          await syncing;
        }
        if (!signal.aborted) log.warn("event stream of the BBS ended");
      } catch (error) {
        if (!signal.aborted) log.warn("event stream of the BBS broke", { error });
      }
      await clock.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }

  async #handle(event: LrpEvent): Promise<void> {
    if (this.#pending !== null && this.#pending.length < PENDING_EVENTS_MAX) this.#pending.push(event);
    this.#emit(this.#table.apply(event));
    const processGuid = this.#table.lacksDesired(event);
    if (processGuid === null) return;
    const limit = this.#deps.clock.deadline(BBS_CALL_MS, this.#end.signal);
    const found = await this.#deps.bbs.desiredLrps({ processGuids: [processGuid] }, limit).catch(() => []);
    for (const desired of found) this.#emit(this.#table.learn(desired));
  }

  async #syncLoop(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      let sleepMs = this.#config.syncIntervalMs;
      try {
        if (!(await this.#sync(signal))) sleepMs = RETRY_MS;
        else if (!this.#isWhole && ++this.#readings < EARLY_READINGS_MAX) sleepMs = RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        log.warn("the BBS could not be read", { error });
        sleepMs = RETRY_MS;
      } finally {
        this.#pending = null;
      }
      await clock.sleep(sleepMs, signal).catch(() => undefined);
    }
  }

  /** False when too much happened meanwhile. */
  async #sync(signal: AbortSignal): Promise<boolean> {
    const { bbs, clock, pause } = this.#deps;
    const pending: LrpEvent[] = [];
    this.#pending = pending;
    const limit = clock.deadline(BBS_CALL_MS, signal);
    const [desired, actual, domains] = await Promise.all([
      bbs.desiredLrps({}, limit),
      bbs.actualLrps({}, limit),
      bbs.domains(limit),
    ]);
    this.#pending = null;
    if (pending.length >= PENDING_EVENTS_MAX) return false;
    const reading = { desired, actual, freshDomains: new Set(domains) };
    await runSliced(this.#emitEach(this.#table.swap(reading, pending)), clock, pause);
    this.#firstSync.resolve();
    if (this.#config.routedDomains.every((domain) => reading.freshDomains.has(domain))) {
      this.#isWhole = true;
      this.#firstWhole.resolve();
    }
    return true;
  }

  *#emitEach(changes: Iterable<RouteChanges>): Generator<void, void> {
    for (const one of changes) {
      this.#emit(one);
      yield;
    }
  }

  /** New routes first: an endpoint that moves must not be missing in between. */
  #emit(changes: RouteChanges): void {
    for (const { registration, isNew } of changes.register) {
      this.#unregistrations.cancel(registration);
      this.#publish("register", registration, isNew);
    }
    for (const registration of changes.unregister) {
      this.#unregistrations.add(registration);
      this.#publish("unregister", registration, false);
    }
  }

  #publish(verb: "register" | "unregister", { kind, message, sinceNs }: Registration, isNew: boolean): void {
    const payload = isNew ? { ...message, endpoint_updated_at_ns: Number(sinceNs) } : message;
    try {
      this.#deps.bus.publish(`${SUBJECT[kind]}.${verb}`, JSON.stringify(payload));
    } catch (error) {
      this.#deps.log.warn("route message could not be sent", { verb, uris: message.uris, error });
    }
  }

  /** Asks for the routers' interval until one answers, then registers everything at that interval. */
  async #greet(kind: Registration["kind"]): Promise<void> {
    const { bus, clock } = this.#deps;
    const { signal } = this.#end;
    let intervalMs = this.#config.emitIntervalMs;
    let heard = false;
    let greetings = 0;
    const take = (data: Uint8Array): void => {
      const seconds = intervalOf(data);
      if (seconds === null) return;
      heard = true;
      intervalMs = seconds * 1000;
    };
    const subscription = bus.subscribe(`${SUBJECT[kind]}.start`, ({ data }) => {
      take(data);
      void this.#emitAll(kind, this.#deps.random.below(this.#config.jitterMs + 1));
    });
    this.#subscriptions.push({ [Symbol.dispose]: () => subscription.unsubscribe() });
    let lastMs = clock.steadyMs();
    while (!signal.aborted) {
      if (!heard) {
        greetings++;
        const limit = clock.deadline(RETRY_MS, signal);
        await bus.request(`${SUBJECT[kind]}.greet`, "", limit).then(
          ({ data }) => take(data),
          () => undefined,
        );
        // Told at once, not at the next interval: the router may have started after the first registrations.
        if (heard) await this.#emitAll(kind, 0);
      }
      const leftMs = lastMs + intervalMs - clock.steadyMs();
      // Service discovery may not exist at all; if it ever does, its start is heard.
      const retryMs = greetings < GREETINGS_MAX ? RETRY_MS : intervalMs;
      await clock.sleep(heard ? Math.max(leftMs, RETRY_MS) : retryMs, signal).catch(() => undefined);
      if (signal.aborted || clock.steadyMs() - lastMs < intervalMs) continue;
      lastMs = clock.steadyMs();
      await this.#emitAll(kind, 0);
    }
  }

  /** One at a time: whoever asks while it runs is served by the next. */
  async #emitAll(kind: Registration["kind"], delayMs: number): Promise<void> {
    const { clock, pause } = this.#deps;
    const { signal } = this.#end;
    if (delayMs > 0) await clock.sleep(delayMs, signal).catch(() => undefined);
    while (this.#emitting !== null) await this.#emitting;
    if (signal.aborted) return;
    const send = async (): Promise<void> => {
      let sent = 0;
      // What changes meanwhile is told by its own message, so this list may be old but never wrong for long.
      for (const registration of [...this.#table.all()]) {
        if (registration.kind !== kind) continue;
        if (!this.#table.holds(registration)) continue;
        this.#publish("register", registration, false);
        if (++sent % MESSAGES_PER_SLICE === 0) await pause();
        if (signal.aborted) return;
      }
    };
    this.#emitting = send().finally(() => {
      this.#emitting = null;
    });
    await this.#emitting;
  }

  async #repeatUnregistrations(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.#deps.clock.sleep(this.#config.unregistrationIntervalMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      for (const registration of this.#unregistrations.take()) this.#publish("unregister", registration, false);
    }
  }
}

function intervalOf(data: Uint8Array): number | null {
  try {
    const greeting = JSON.parse(new TextDecoder().decode(data)) as Partial<RouterGreeting> | null;
    const seconds = greeting?.minimumRegisterIntervalInSeconds;
    return typeof seconds === "number" && seconds > 0 ? seconds : null;
  } catch {
    return null;
  }
}
