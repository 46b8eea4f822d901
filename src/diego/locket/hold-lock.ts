import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { LocketClient, LocketResource } from "./client.ts";

/** Diego: locket.DefaultSessionTTL and locket.RetryInterval (15 s and 5 s). */
const TTL_SECONDS = 15;
const RENEW_MS = 5_000;
const RETRY_MS = 1_000;
/** The holder gives up this much before its TTL ends, so that what it has begun lands before another can begin. */
const MARGIN_MS = 1_000;

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
 * renewal that fails is tried again until the TTL is nearly over by this holder's own clock, counted from when the last
 * good renewal was SENT: Locket cannot have given the lock away earlier. Diego: locket/lock/lock_runner.go
 */
export function holdLock(
  resource: LocketResource,
  deps: LockHolderDeps,
  signal: AbortSignal,
  ttlSeconds: number = TTL_SECONDS,
): HeldLock {
  const { locket, clock, log } = deps;
  const lost = new AbortController();
  const { promise: acquired, resolve, reject } = Promise.withResolvers<void>();
  acquired.catch(() => undefined); // whoever does not wait for it must not crash the process
  return { acquired, lost: lost.signal, released: run() };

  async function run(): Promise<void> {
    let giveUpMs = Number.POSITIVE_INFINITY;
    let waitingNoted = false;
    while (!signal.aborted) {
      const sentMs = clock.steadyMs();
      if (sentMs >= giveUpMs) {
        log.error("lock lost", { key: resource.key });
        lost.abort(new Error(`lock lost: ${resource.key}`));
        return;
      }
      let pauseMs = RENEW_MS;
      try {
        await locket.lock(resource, ttlSeconds, clock.deadline(Math.min(RENEW_MS, giveUpMs - sentMs), signal));
        if (giveUpMs === Number.POSITIVE_INFINITY) log.info("lock acquired", { key: resource.key });
        giveUpMs = sentMs + ttlSeconds * 1000 - MARGIN_MS;
        resolve();
      } catch (error) {
        if (signal.aborted) break;
        pauseMs = RETRY_MS;
        if (!waitingNoted) log.info("lock not available", { key: resource.key, reason: String(error) });
        waitingNoted = true;
      }
      const untilGivingUpMs = Math.max(0, giveUpMs - clock.steadyMs());
      await clock.sleep(Math.min(pauseMs, untilGivingUpMs), signal).catch(() => undefined);
    }
    reject(signal.reason);
    // Released even when it was never confirmed: the request may have arrived although its answer was lost.
    await locket.release(resource, clock.deadline(2_000)).catch(() => undefined);
  }
}
