import { rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { type Database, openDatabase } from "../../kit/database.ts";
import { LoopSlices } from "../../kit/loop-slices.ts";
import { Seal } from "../../kit/seal.ts";
import { SealedColumns } from "../../kit/sealed-columns.ts";
import type { CloudControllerSource } from "../cc-bridge/client.ts";
import type { CcApi } from "./api/api.ts";
import { closeServer } from "./api/close-server.ts";
import { Links } from "./api/links.ts";
import { RateLimiter } from "./api/rate-limiter.ts";
import { createServer } from "./api/server.ts";
import { TokenVerifier } from "./api/token-verifier.ts";
import { UserRegister } from "./api/user-register.ts";
import { recordEvent } from "./audit-events.ts";
import { BlobLinks } from "./blob-links.ts";
import type { CcConfig } from "./config.ts";
import type { CcDeps } from "./deps.ts";
import { FeatureFlags } from "./feature-flags.ts";
import { Hooks } from "./hooks.ts";
import { Jobs } from "./jobs.ts";
import { type CcOperator, ccOperator } from "./operator.ts";
import { RESOURCES } from "./resources/index.ts";
import { diegoSource } from "./resources/processes/diego-source.ts";
import { CC_MIGRATIONS } from "./store/migrations.ts";
import type { CcDatabase } from "./store/schema.ts";
import { resealRows, SEALED_COLUMNS } from "./store/sealed.ts";
import { seed } from "./store/seed.ts";

export interface CloudController extends AsyncDisposable {
  /** Where the public API listens. */
  readonly address: { readonly host: string; readonly port: number };
  readonly internal: { readonly socketPath: string };
  /** What the CC bridge reads and writes here. */
  readonly bridgeSource: CloudControllerSource;
  readonly operator: CcOperator;
}

/** A background loop that failed waits this long. */
const LOOP_RETRY_MS = 1_000;
const RESEAL_INTERVAL_MS = 3_600_000;

/**
 * Opens (and migrates) the database, takes up unfinished jobs and listens on both addresses. Resolves when requests are answered.
 * Throws `NewerSchemaError`, and the listener's error when an address is taken. Dispose to stop: running requests are answered, jobs
 * wait for the next start.
 */
export async function startCloudController(config: CcConfig, deps: CcDeps): Promise<CloudController> {
  const database = await openDatabase<CcDatabase>(config.database, CC_MIGRATIONS);
  const seal = config.sealing === undefined ? null : new Seal(config.sealing, deps.secrets);
  const db = seal === null ? database.db : database.db.withPlugin(new SealedColumns(SEALED_COLUMNS, seal));
  const stop = new AbortController();
  const preparations: ((signal: AbortSignal) => Promise<void>)[] = [];
  const loops: { name: string; loop: (signal: AbortSignal) => Promise<void> }[] = [];
  try {
    await seed(db, config, deps);
    await database.durable();
    const links = new Links(config.urls.api);
    const users = new UserRegister(db, deps.clock);
    const jobs = new Jobs({ db, database, links, clock: deps.clock, random: deps.random, log: deps.log });
    const rateLimiter = config.rateLimits ? new RateLimiter(config.rateLimits, deps.clock) : null;
    const slices = new LoopSlices();
    const parts = { config, deps, db, database, tokens: new TokenVerifier(deps), users, slices, rateLimiter };
    const external = createServer(parts);
    const internal = createServer(parts, "Cloud Controller, for Diego");
    const api: CcApi = {
      ...external.routes(false),
      internal: internal.routes(true),
      config,
      deps,
      db,
      durable: () => database.durable(),
      links,
      blobLinks: new BlobLinks(links, deps.clock, deps.secrets),
      jobs,
      users,
      hooks: new Hooks(),
      featureFlags: new FeatureFlags(db),
      nowMs: () => deps.clock.nowMs(),
      stamp: () => {
        const now = deps.clock.nowMs();
        return { guid: deps.random.guid(), created_at: now, updated_at: now };
      },
      transaction: (work) => db.transaction().execute(work),
      event: (trx, event) => recordEvent(trx, deps, event),
      job: (operation, work) => jobs.register(operation, work),
      enqueue: (request, trx) => jobs.enqueue(request, trx),
      prepare: (work) => void preparations.push(work),
      background: (name, loop) => void loops.push({ name, loop }),
    };
    for (const register of RESOURCES) register(api);
    if (seal !== null) api.background("seal", (signal) => keepSealed(database, seal, deps, signal));
    for (const prepare of preparations) await prepare(stop.signal);
    await database.durable();
    await external.server.listen({ host: config.listen.host, port: config.listen.port });
    await rm(config.internalSocketPath, { force: true }); // left by a killed process
    await internal.server.listen({ path: config.internalSocketPath });
    jobs.start();
    const running = loops.map(({ name, loop }) => keepRunning(name, loop, deps, stop.signal));
    const { address, port } = external.server.server.address() as AddressInfo;
    return {
      address: { host: address, port },
      internal: { socketPath: config.internalSocketPath },
      bridgeSource: diegoSource(api),
      operator: ccOperator(api, database, seal),
      async [Symbol.asyncDispose]() {
        stop.abort(new Error("cloud controller stops"));
        await Promise.all([closeServer(external.server, deps.clock), closeServer(internal.server, deps.clock)]);
        await jobs[Symbol.asyncDispose]();
        await Promise.all(running);
        await database[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    stop.abort(error);
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/** Seals what an older version left open, and after a change of keys everything anew. */
async function keepSealed(
  database: Database<CcDatabase>,
  seal: Seal,
  { clock, log }: Pick<CcDeps, "clock" | "log">,
  signal: AbortSignal,
): Promise<void> {
  const count = await resealRows(database.db, seal, signal);
  await database.durable();
  if (count > 0) log.info("sealed what lay open", { count });
  await clock.sleep(RESEAL_INTERVAL_MS, signal).catch(() => undefined); // aborted: the loop ends
}

async function keepRunning(
  name: string,
  loop: (signal: AbortSignal) => Promise<void>,
  deps: CcDeps,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await loop(signal);
    } catch (error) {
      if (signal.aborted) return;
      deps.log.error("loop failed", { loop: name, error });
    }
    await deps.clock.sleep(LOOP_RETRY_MS, signal).catch(() => undefined);
  }
}
