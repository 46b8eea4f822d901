import { existsSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Clock } from "../../../kit/clock.ts";
import { watchEventLoop } from "../../../kit/event-loop-delay.ts";
import type { Random } from "../../../kit/random.ts";
import type { WorkerConfig } from "../config.ts";
import {
  CONTROL_PROTOCOL,
  inParts,
  type MainMessage,
  REQUEST_BOUNDS_MS,
  type WorkerStats,
} from "../control-protocol.ts";
import type { RouteGroup } from "../model.ts";
import { RouteTable } from "../route-table.ts";
import { AccessLog } from "./access-log.ts";
import { ControlServer } from "./control-server.ts";
import type { Exchange } from "./exchange.ts";
import { HttpProxy } from "./http-proxy.ts";
import { ListenError, Listeners } from "./listeners.ts";
import { startStatusServer } from "./status-server.ts";

/** How long log lines gather: few messages when busy, and still at once to the eye. */
const LOG_INTERVAL_MS = 40;
const SWEEP_INTERVAL_MS = 1_000;
/** A worker whose control socket was removed can never be found again: then it ends. */
const SOCKET_CHECK_MS = 5_000;
/** A worker that nobody tells any routes in this time was started in vain. */
const FIRST_TABLE_MS = 30_000;
/** How long main has to hear why the worker could not listen. */
const LAST_WORDS_MS = 3_000;

export interface WorkerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly pid: number;
  readonly startTicks: string;
  /** Everything is loaded and it serves. */
  readonly ready: () => void;
}

/** Serves until told to drain, or until nobody can find it any more. Resolves with the exit code. */
export async function serve(config: WorkerConfig, deps: WorkerDeps): Promise<number> {
  return await new Worker(config, deps).run();
}

class Worker {
  readonly #config: WorkerConfig;
  readonly #deps: WorkerDeps;
  readonly #table = new RouteTable();
  readonly #log: AccessLog;
  readonly #proxy: HttpProxy;
  readonly #listeners: Listeners;
  readonly #control: ControlServer;
  readonly #stopping = new AbortController();
  readonly #loop = watchEventLoop();
  #logsDue = false;
  #sequence = 0;
  #incoming: RouteGroup[] = [];
  readonly #hasTable = Promise.withResolvers<boolean>();
  #announced: "not-yet" | "listening" | ListenError = "not-yet";
  #drainUntilMs = Number.POSITIVE_INFINITY;
  #requests = 0;
  #badGateways = 0;
  readonly #durationCounts = new Float64Array(REQUEST_BOUNDS_MS.length + 1);
  #durationSumMs = 0;
  #bytesSent = 0;
  readonly #responses: Record<string, number> = {};

  constructor(config: WorkerConfig, deps: WorkerDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#log = new AccessLog();
    this.#proxy = new HttpProxy({
      clock: deps.clock,
      random: deps.random,
      table: this.#table,
      limits: config.limits,
      stickyCookieNames: config.stickyCookieNames,
      secureCookies: config.secureCookies,
      finished: (exchange, endMs) => this.#finished(exchange, endMs),
    });
    this.#listeners = new Listeners(config, (socket, secure) => this.#proxy.accept(socket, secure));
    this.#control = new ControlServer(
      config.socketPath,
      () => this.#greet(),
      (message) => this.#perform(message),
    );
  }

  async run(): Promise<number> {
    const { clock } = this.#deps;
    const { signal } = this.#stopping;
    if (this.#config.backendCaPem !== null) this.#proxy.backendCa = readFileSync(this.#config.backendCaPem, "utf8");
    await this.#control.listen();
    // A worker without routes would answer 404 for apps that are there: it takes connections only once it knows them.
    const late = clock.sleep(FIRST_TABLE_MS, signal).then(
      () => false,
      () => false,
    );
    if (!(await Promise.race([this.#hasTable.promise, late]))) {
      await this.#control.close();
      return 1;
    }
    let status: Server | null = null;
    try {
      await this.#listeners.open(clock, signal);
      status = await startStatusServer(this.#config, this.#table, () => !this.#proxy.draining);
      this.#announced = "listening";
      if (this.#control.hasMain) this.#announce();
      this.#deps.ready();
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      this.#announced = error;
      if (this.#control.hasMain) this.#announce();
      const giveUpMs = clock.steadyMs() + LAST_WORDS_MS;
      while (!signal.aborted && clock.steadyMs() < giveUpMs) await clock.sleep(50, signal).catch(() => undefined);
      await this.#control.close();
      return 1;
    }
    await this.#sweep();
    status?.close();
    this.#flushLogs();
    await this.#control.close();
    return 0;
  }

  #greet(): void {
    const { pid, startTicks } = this.#deps;
    this.#control.send({ type: "hello", protocol: CONTROL_PROTOCOL, pid, startTicks, sequence: this.#sequence });
    this.#announce();
    this.#sendLogsSoon(); // what nobody was there to take
  }

  #announce(): void {
    if (this.#announced === "not-yet") return;
    if (this.#announced === "listening") {
      this.#control.send({ type: "listening", listeners: this.#listeners.status });
    } else {
      this.#control.send({ type: "listen-failed", failure: this.#announced.failure });
    }
  }

  #perform(message: MainMessage): void {
    switch (message.type) {
      case "get-table":
        for (const part of inParts(this.#table.groups())) this.#control.send({ type: "table", ...part });
        break;
      case "snapshot":
        for (const group of message.groups) this.#incoming.push(group);
        if (!message.last) break;
        this.#table.replace(this.#incoming);
        this.#incoming = [];
        this.#sequence = message.sequence;
        this.#hasTable.resolve(true);
        break;
      case "delta":
        if (message.sequence === this.#sequence + 1) {
          for (const change of message.changes) this.#table.apply(change);
          this.#sequence = message.sequence;
        } else this.#control.send({ type: "want-snapshot" });
        break;
      case "get-stats":
        this.#control.send({ type: "stats", stats: this.#stats() });
        break;
      case "reload-certificates":
        this.#listeners.reloadCertificates();
        break;
      case "drain":
        this.#drain(message.timeoutMs);
        break;
    }
  }

  #drain(timeoutMs: number): void {
    this.#drainUntilMs = this.#deps.clock.steadyMs() + timeoutMs;
    this.#listeners.close();
    this.#proxy.drain();
    if (this.#proxy.clients.size === 0) this.#stopping.abort();
  }

  #finished(exchange: Exchange, endMs: number): void {
    this.#requests++;
    this.#bytesSent += exchange.bytesSent;
    const kind = `${Math.floor(exchange.status / 100)}xx`;
    this.#responses[kind] = (this.#responses[kind] ?? 0) + 1;
    const tookMs = endMs - exchange.receivedMs;
    let bucket = 0;
    while (bucket < REQUEST_BOUNDS_MS.length && tookMs > REQUEST_BOUNDS_MS[bucket]!) bucket++;
    this.#durationCounts[bucket]!++;
    this.#durationSumMs += tookMs;
    if (exchange.status === 502 && exchange.routerError !== "") this.#badGateways++;
    this.#log.add(exchange, endMs);
    this.#sendLogsSoon();
  }

  /** Lines gather from the first one on; without any, nothing wakes this process. */
  #sendLogsSoon(): void {
    if (this.#logsDue || this.#log.isEmpty) return;
    this.#logsDue = true;
    const send = (): void => {
      this.#logsDue = false;
      this.#flushLogs();
    };
    void this.#deps.clock.sleep(LOG_INTERVAL_MS, this.#stopping.signal).then(send, send);
  }

  #flushLogs(): void {
    if (!this.#control.hasMain || this.#log.isEmpty) return;
    for (const { batch, records } of this.#log.take()) this.#control.send(batch, records);
  }

  async #sweep(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stopping;
    let checkDueMs = clock.steadyMs() + SOCKET_CHECK_MS;
    while (!signal.aborted) {
      const draining = this.#proxy.draining;
      await clock.sleep(draining ? 20 : SWEEP_INTERVAL_MS, signal).catch(() => undefined);
      this.#proxy.checkTime();
      const nowMs = clock.steadyMs();
      if (draining && (this.#proxy.clients.size === 0 || nowMs > this.#drainUntilMs)) this.#stopping.abort();
      if (nowMs < checkDueMs) continue;
      checkDueMs = nowMs + SOCKET_CHECK_MS;
      if (!draining && !existsSync(this.#config.socketPath)) this.#drain(0);
    }
  }

  #stats(): WorkerStats {
    const { user, system } = process.cpuUsage();
    return {
      requests: this.#requests,
      bytesSent: this.#bytesSent,
      responses: this.#responses,
      badGateways: this.#badGateways,
      durationCounts: [...this.#durationCounts],
      durationSumMs: this.#durationSumMs,
      clients: this.#proxy.clients.size,
      upstreams: this.#proxy.upstreams.size,
      routes: this.#table.routeCount,
      logsDropped: this.#log.droppedTotal,
      rssBytes: process.memoryUsage.rss(),
      cpuMs: (user + system) / 1000,
      eventLoopP999Ms: this.#loop.readP999Ms(),
    };
  }
}
