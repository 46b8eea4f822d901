import type { Clock } from "../../kit/clock.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { AgentClient } from "../../logging/agent/client.ts";
import type { UploadAction } from "../../protocol/action.ts";
import { type CreationDeps, CreationFailed, createContainer } from "./container-creation.ts";
import { retainMounts } from "./container-mounts.ts";
import { becomeCreated, becomeRunning, complete, initialize, markStopped } from "./container-state.ts";
import { containerStep, hasReadinessChecks } from "./container-steps.ts";
import { ExecutorError, messageOf } from "./errors.ts";
import { unpackingLimits } from "./layers/unpacking.ts";
import type { Limiter } from "./limiter.ts";
import { LogStreamer } from "./log-streamer.ts";
import type { Container, RunInfo } from "./model.ts";
import type { StepProgress } from "./steps/action-step.ts";
import { DetachedError, StepError } from "./steps/step.ts";

/** Diego: containerstore/storenode.go; the texts are its own. */
export const CONTAINER_MISSING = "missing garden container";
export const RESERVATION_EXPIRED = "expired container";
const STOPPED_BEFORE_RUNNING = "stopped-before-running";
/** Limit of one destroy call. */
const DESTROY_MS = 120_000;
const MB = 1024 * 1024;
/** Diego: bbs domain of staging tasks; the Cloud Controller's name of what it uploads. CC: staging_action_builder.rb */
const STAGING_DOMAIN = "cf-app-staging";
const DROPLET = "droplet";

export interface ContainerNodeDeps extends CreationDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly agent: AgentClient;
  readonly http: HttpClient;
  readonly createLimiter: Limiter;
  readonly uploadLimiter: Limiter;
  /** After each change that the rep must see. */
  readonly changed: (guid: string) => void;
}

/**
 * One container through its life. Everything that touches Garden goes one after the other (`#exclusive`); each change
 * of state is noted before anybody hears of it. Diego: containerstore/storenode.go
 */
export class ContainerNode {
  readonly #deps: ContainerNodeDeps;
  readonly #stop = new AbortController();
  readonly #doneSteps: Set<string>;
  #container: Container;
  #log: LogStreamer | null = null;
  #held: readonly AsyncDisposable[] = [];
  #running: Promise<void> | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #destroyed: Promise<void> | null = null;
  /** What the readiness checks say, which may be heard before the container has become healthy. */
  #isReady = false;

  constructor(container: Container, doneSteps: readonly string[], deps: ContainerNodeDeps) {
    this.#deps = deps;
    this.#container = container;
    this.#doneSteps = new Set(doneSteps);
    if (container.run !== null) this.#log = this.#streamer(container.run);
  }

  get container(): Container {
    return this.#container;
  }

  /** Null while reserved. */
  get log(): LogStreamer | null {
    return this.#log;
  }

  /** Notes the work, then creates and runs in the background. Throws `invalid-transition`. */
  run(run: RunInfo): void {
    this.#set(initialize(this.#container, run));
    this.#log = this.#streamer(run);
    this.#background(() => this.#createAndStart());
  }

  /** Goes on where an earlier run of the platform left it. `exists`: whether Garden still has the container. */
  resume(exists: boolean): void {
    const { state, result } = this.#container;
    if (state === "initializing" && result.stopped) this.complete(true, STOPPED_BEFORE_RUNNING, false);
    else if ((state === "created" || state === "running") && !exists) this.complete(true, CONTAINER_MISSING, false);
    else if (state === "initializing") this.#background(() => this.#createAnew(exists));
    else if (state === "created" || state === "running") {
      this.#held = retainMounts(this.#container, this.#deps);
      this.#start(true);
      if (result.stopped) this.#stop.abort();
    }
    this.#deps.changed(this.#container.guid);
  }

  /** Begins the graceful stop. */
  async stop(): Promise<void> {
    const wasStopped = this.#container.result.stopped;
    if (!wasStopped && this.#container.state !== "completed") this.#set(markStopped(this.#container));
    await this.#exclusive(async () => this.#stopNow(wasStopped));
  }

  /** Stops, waits for the end, removes everything. */
  destroy(): Promise<void> {
    this.#destroyed ??= this.#exclusive(() => this.#destroyNow()).catch((error: unknown) => {
      this.#destroyed = null; // the next attempt shall try again
      throw error;
    });
    return this.#destroyed;
  }

  async update(change: {
    readonly internalRoutes?: readonly { readonly hostname: string }[];
    readonly metricTags?: Readonly<Record<string, string>>;
  }): Promise<void> {
    const { run } = this.#container;
    if (run === null) return;
    const tags = change.metricTags;
    const next: RunInfo = {
      ...run,
      ...(change.internalRoutes === undefined ? {} : { internalRoutes: change.internalRoutes }),
      ...(tags === undefined
        ? {}
        : { logConfig: { ...run.logConfig, tags }, metricsConfig: { ...run.metricsConfig, tags } }),
    };
    this.#set({ ...this.#container, run: next });
    if (tags === undefined) return;
    this.#log?.updateTags(next.logConfig);
    if (this.isInGarden) {
      await this.#deps.garden.setProperty(this.#container.guid, "log_config", JSON.stringify(next.logConfig));
    }
  }

  get isInGarden(): boolean {
    return this.#container.state === "created" || this.#container.state === "running";
  }

  /** Ends it without its own doing: expired, vanished. */
  complete(failed: boolean, failureReason: string, retryable: boolean): void {
    this.#set(complete(this.#container, { failed, failureReason, retryable }));
    this.#deps.changed(this.#container.guid);
  }

  /** A new certificate when the old one is near its end. */
  async renewCredentials(): Promise<void> {
    const { guid, run, state } = this.#container;
    if (run === null || state !== "running") return;
    if (await this.#deps.credentials.isDue(guid, this.#deps.clock.nowMs())) await this.#issueCredentials(run);
  }

  /** When the platform goes: resolves once nothing of this node runs any more. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#tail, this.#running]);
    this.#log?.sink.flush();
  }

  /** What a creation that was cut off has left is of no use. */
  async #createAnew(exists: boolean): Promise<void> {
    const limit = this.#deps.clock.deadline(DESTROY_MS, this.#deps.detached);
    if (exists) await this.#deps.garden.destroy(this.#container.guid, limit);
    await this.#createAndStart();
  }

  async #createAndStart(): Promise<void> {
    if (!(await this.#deps.createLimiter.run(() => this.#create(), this.#deps.detached))) return;
    if (this.#container.result.stopped) return; // whoever stops it waits for its turn, and completes it
    this.#start(false);
  }

  /** False when it failed (and is completed) or the platform went away. */
  async #create(): Promise<boolean> {
    const { guid } = this.#container;
    try {
      const { facts, held } = await createContainer(this.#container, this.#container.run!, this.#log!, this.#deps);
      this.#held = held;
      this.#set(becomeCreated(this.#container, facts));
      return true;
    } catch (error) {
      if (this.#deps.detached.aborted) return false;
      if (!(error instanceof CreationFailed)) throw error;
      this.#deps.log.warn("container setup failed", { guid, reason: error.message, error: error.cause });
      this.complete(true, error.message, true);
      return false;
    }
  }

  #start(resumes: boolean): void {
    this.#running = this.#runToEnd(resumes);
    this.#running.catch(() => undefined);
  }

  async #runToEnd(resumes: boolean): Promise<void> {
    const { config, clock } = this.#deps;
    const run = this.#container.run!;
    try {
      const credentialsReady = this.#credentialsReady(run, resumes);
      credentialsReady.catch(() => undefined); // the action awaits it; setup may fail before
      const step = containerStep(this.#container, run, this.#log!.sink, {
        ...this.#deps,
        handle: this.#container.guid,
        addresses: this.#container,
        layer: this.#container.layer,
        uploadsPath: config.cachePath,
        uploading: (action, file) => this.#prepareLayer(action, file),
        gracefulShutdownMs: config.gracefulShutdownMs,
        checkTimeoutMs: config.checkTimeoutMs,
        healthyIntervalMs: config.healthyIntervalMs,
        unhealthyIntervalMs: config.unhealthyIntervalMs,
        resumes,
        clock,
        progress: this.#progress,
        credentialsReady,
        readinessChanged: (ready) => this.#readinessChanged(ready),
      });
      await step(this.#stop.signal, () => this.#becomeRunning(run));
      this.#finish(false, "");
    } catch (error) {
      if (error instanceof DetachedError || this.#deps.detached.aborted) return;
      if (!(error instanceof StepError))
        this.#deps.log.warn("container ended with an error", { guid: this.#container.guid, error });
      const reason = messageOf(error);
      this.#finish(reason !== "", reason);
    } finally {
      this.#log!.sink.flush();
    }
  }

  async #credentialsReady(run: RunInfo, resumes: boolean): Promise<void> {
    const { credentials, clock } = this.#deps;
    if (resumes && !(await credentials.isDue(this.#container.guid, clock.nowMs()))) return;
    await this.#issueCredentials(run).catch((error: unknown) => {
      throw new StepError("other", `cred-manager-runner exited: ${messageOf(error)}`, { cause: error });
    });
  }

  async #issueCredentials(run: RunInfo): Promise<void> {
    const { guid, internalIp, externalIp } = this.#container;
    await this.#deps.credentials.issue(guid, internalIp || externalIp, run.certificateOrganizationalUnits);
  }

  /** An app that is staged here mostly starts here next: its droplet is unpacked while it is being sent. */
  async #prepareLayer(action: UploadAction, file: string): Promise<void> {
    const { owner, need } = this.#container;
    const { layers, log, detached } = this.#deps;
    const isStaging = owner.kind === "task" && owner.domain === STAGING_DOMAIN && action.artifact === DROPLET;
    if (!isStaging || !layers.areUsed) return;
    await layers.prepare(file, unpackingLimits(need.diskMb * MB), detached).catch((error: unknown) => {
      if (!detached.aborted) log.info("droplet not unpacked beforehand", { guid: this.#container.guid, error });
    });
  }

  #becomeRunning(run: RunInfo): void {
    // After a restart it runs already; a container that completes at the same moment stays completed.
    if (this.#container.state === "created") {
      this.#set(becomeRunning(this.#container, !hasReadinessChecks(run) || this.#isReady));
      this.#deps.changed(this.#container.guid);
    }
  }

  #readinessChanged(ready: boolean): void {
    this.#isReady = ready;
    if (this.#container.state !== "running" || this.#container.routable === ready) return;
    this.#set({ ...this.#container, routable: ready });
    this.#deps.changed(this.#container.guid);
  }

  #finish(failed: boolean, reason: string): void {
    if (this.#container.state !== "completed") this.complete(failed, reason, false);
  }

  #stopNow(wasStopped: boolean): void {
    const { config } = this.#deps;
    if (this.#running !== null) {
      if (!wasStopped && this.#container.state !== "completed") {
        this.#log?.cell(`Cell ${config.cellId} stopping instance ${this.#container.guid}`);
      }
      this.#stop.abort();
    } else if (this.#container.state !== "completed") {
      this.complete(true, STOPPED_BEFORE_RUNNING, false);
    }
  }

  async #destroyNow(): Promise<void> {
    const { config, garden, clock } = this.#deps;
    const { guid } = this.#container;
    const wasStopped = this.#container.result.stopped;
    if (!wasStopped && this.#container.state !== "completed") this.#set(markStopped(this.#container));
    this.#stopNow(wasStopped);
    await this.#running;
    if (this.#deps.detached.aborted) throw new DetachedError("platform goes away");
    this.#log?.cell(`Cell ${config.cellId} destroying container for instance ${guid}`);
    try {
      await garden.destroy(guid, clock.deadline(DESTROY_MS, this.#deps.detached));
    } catch (error) {
      this.#log?.cell(`Cell ${config.cellId} failed to destroy container for instance ${guid}`);
      throw error;
    } finally {
      await this.#deps.credentials.remove(guid);
    }
    this.#log?.cell(`Cell ${config.cellId} successfully destroyed container for instance ${guid}`);
    for (const one of this.#held) await one[Symbol.asyncDispose]();
    this.#held = [];
    this.#deps.store.delete(guid);
  }

  get #progress(): StepProgress {
    return {
      isDone: (stepId) => this.#doneSteps.has(stepId),
      markDone: (stepId) => {
        this.#doneSteps.add(stepId);
        this.#deps.store.markDone(this.#container.guid, stepId);
      },
    };
  }

  #streamer(run: RunInfo): LogStreamer {
    return new LogStreamer(run.logConfig, run.logRateLimitBytesPerSecond, this.#deps);
  }

  #set(container: Container): void {
    if (this.#destroyed !== null && this.#container.state === "completed") return;
    this.#container = container;
    this.#deps.store.put(container);
  }

  #background(work: () => Promise<void>): void {
    void this.#exclusive(work).catch((error: unknown) => {
      if (this.#deps.detached.aborted) return;
      this.#deps.log.error("container could not be run", { guid: this.#container.guid, error });
      this.#finish(true, messageOf(error));
    });
  }

  #exclusive<T>(work: () => Promise<T> | T): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}

/** For callers that name a container that is gone. */
export function containerNotFound(guid: string): ExecutorError {
  return new ExecutorError("container-not-found", `container not found: ${guid}`);
}
