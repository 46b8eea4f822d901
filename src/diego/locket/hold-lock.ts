import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { LocketClient, LocketResource } from "./client.ts";

/** Diego: locket.DefaultSessionTTL and locket.RetryInterval (15 s and 5 s). */
const TTL_SECONDS = 15;
const RENEW_MS = 5_000;

export interface LockHolderDeps {
  readonly locket: LocketClient;
  readonly clock: Clock;
  readonly log: Log;
}

export interface HeldLock {
  /** Resolves when the lock is held for the first time; rejects when `signal` is aborted before. */
  readonly acquired: Promise<void>;
  /** Aborts when the lock was held and may now belong to another: its owner must stop acting at once. */
  readonly lost: AbortSignal;
  /** Resolves when the lock has been given back after `signal` was aborted. */
  readonly released: Promise<void>;
}

/**
 * Holds a lock or a presence until `signal` is aborted, then releases it. Waits as long as another owner has it. A
 * renewal that fails is tried again until the TTL is over by this holder's own clock, counted from when the last good
 * renewal was SENT: Locket cannot have given the lock away earlier. Diego: locket/lock/lock_runner.go
 */
export function holdLock(
  resource: LocketResource,
  deps: LockHolderDeps,
  signal: AbortSignal,
  ttlSeconds: number = TTL_SECONDS,
  renewMs: number = RENEW_MS,
): HeldLock {
  const lost = new AbortController();
  const { promise: acquired, resolve, reject } = Promise.withResolvers<void>();
  acquired.catch(() => undefined); // whoever does not wait for it must not crash the process
  const released = run();
  return { acquired, lost: lost.signal, released };

  async function run(): Promise<void> {
    let validUntilMs: number | null = null;
    let waitingNoted = false;
    while (!signal.aborted) {
      const sentMs = deps.clock.steadyMs();
      let sleepMs = renewMs;
      try {
        await deps.locket.lock(resource, ttlSeconds, deps.clock.deadline(renewMs, signal));
        if (validUntilMs === null) deps.log.info("lock acquired", { key: resource.key });
        validUntilMs = sentMs + ttlSeconds * 1000;
        resolve();
      } catch (error) {
        if (signal.aborted) break;
        sleepMs = validUntilMs === null ? Math.min(renewMs, 1_000) : Math.min(renewMs, 1_000, ttlSeconds * 100);
        if (validUntilMs !== null && deps.clock.steadyMs() >= validUntilMs) {
          deps.log.error("lock lost", { key: resource.key, error });
          lost.abort(error);
          return;
        }
        if (!waitingNoted) deps.log.info("lock not available yet", { key: resource.key, reason: String(error) });
        waitingNoted = true;
      }
      await deps.clock.sleep(sleepMs, signal).catch(() => undefined);
    }
    reject(signal.reason);
    // Released even when it was never confirmed: the request may have arrived although its answer was lost.
    await deps.locket.release(resource, deps.clock.deadline(2_000)).catch(() => undefined);
  }
}
