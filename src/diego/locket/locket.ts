import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import { LockCollisionError, type LocketClient } from "./client.ts";
import type { LocketConfig } from "./config.ts";
import { InvalidLockError } from "./errors.ts";
import type { LockRecord } from "./model.ts";
import type { LockStore } from "./store.ts";
import { sqliteLockStore } from "./store-sqlite.ts";

/** How often the expiry loop looks. A lock ends at most this much after its TTL. */
const EXPIRY_CHECK_MS = 1_000;
/** A check that comes later than this says that the process stood still, and with it every holder in it. */
const STANDSTILL_MS = 3_000;
/** More than any installation has cells; beyond it, new keys are refused. */
const RECORDS_MAX = 50_000;

export interface LocketDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Default: SQLite at `config.databasePath`. */
  readonly store?: LockStore;
}

interface Entry {
  record: LockRecord;
  expiresAtMs: number;
  /** Left by a process that is dead: any owner may take it. */
  orphaned: boolean;
}

/**
 * Starts Locket: locks and presences with a TTL. Who holds what is in memory and on disk; renewals that change neither
 * owner nor value touch memory only, for after a restart every TTL starts anew anyway.
 */
export async function startLocket(
  config: LocketConfig,
  deps: LocketDeps,
): Promise<{ readonly client: LocketClient } & AsyncDisposable> {
  const { clock, random, log } = deps;
  const store = deps.store ?? sqliteLockStore(config.databasePath);
  const entries = new Map<string, Entry>();
  for (const record of store.load()) {
    entries.set(record.resource.key, {
      record,
      expiresAtMs: clock.steadyMs() + record.ttlSeconds * 1000,
      orphaned: config.holdersDiedWithProcess ?? true,
    });
  }
  const stopping = new AbortController();
  const expiry = expireLocks();

  const client: LocketClient = {
    lock: async (resource, ttlSeconds, signal) => {
      signal.throwIfAborted();
      if (!(ttlSeconds > 0)) throw new InvalidLockError("invalid TTL");
      if (resource.owner === "") throw new InvalidLockError("invalid owner");
      const entry = entries.get(resource.key);
      const held = entry?.record;
      if (entry !== undefined && !entry.orphaned && held?.resource.owner !== resource.owner) {
        throw new LockCollisionError(`lock already exists: ${resource.key}`);
      }
      if (entry === undefined && entries.size >= RECORDS_MAX) throw new InvalidLockError("too many locks");
      const taken = held === undefined || held.resource.owner !== resource.owner;
      const record: LockRecord = {
        resource: { ...resource },
        ttlSeconds,
        modifiedIndex: (held?.modifiedIndex ?? 0) + 1,
        modifiedId: taken ? random.guid() : held.modifiedId,
      };
      entries.set(resource.key, { record, expiresAtMs: clock.steadyMs() + ttlSeconds * 1000, orphaned: false });
      const changed = taken || held.resource.value !== resource.value || held.ttlSeconds !== ttlSeconds;
      if (changed) await store.put(record);
    },
    release: async (resource) => {
      const entry = entries.get(resource.key);
      if (entry === undefined || entry.record.resource.owner !== resource.owner) return;
      entries.delete(resource.key);
      await store.delete(resource.key);
    },
    fetch: async (key) => entries.get(key)?.record.resource ?? null,
    fetchAll: async (type) => {
      const found = [];
      for (const { record } of entries.values()) if (record.resource.type === type) found.push(record.resource);
      return found;
    },
  };

  async function expireLocks(): Promise<void> {
    let lastMs = clock.steadyMs();
    for (;;) {
      await clock.sleep(EXPIRY_CHECK_MS, stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
      const nowMs = clock.steadyMs();
      const lateMs = nowMs - lastMs - EXPIRY_CHECK_MS;
      lastMs = nowMs;
      for (const [key, entry] of entries) {
        // Holders in this process could not renew while it stood still (a stopped or starved process).
        if (lateMs > STANDSTILL_MS) entry.expiresAtMs += lateMs;
        if (entry.expiresAtMs > nowMs) continue;
        entries.delete(key);
        log.info(`${entry.record.resource.type} expired`, { key });
        await store
          .delete(key)
          .catch((error: unknown) => log.error("expired lock not deleted from disk", { key, error }));
      }
    }
  }

  return {
    client,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await expiry;
      store[Symbol.dispose]();
    },
  };
}
