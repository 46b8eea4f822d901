import { createHash } from "node:crypto";
import type { Clock } from "../../../kit/clock.ts";

/** Requests in one interval; -1 is unlimited. CC: config/cloud_controller.yml, rate_limiter: 20000, 1000, -1, 60 */
export interface RateLimits {
  readonly generalMax: number;
  /** By address. */
  readonly unauthenticatedMax: number;
  /** Of admins, read-only ones too. */
  readonly adminMax: number;
  readonly intervalMinutes: number;
}

export interface Verdict {
  readonly exceeded: boolean;
  readonly retryAfterSeconds: number;
  readonly headers: Readonly<Record<string, string>>;
}

interface Counter {
  value: number;
  endsAtSeconds: number;
}

/** Counters are thrown away when their interval is over; so many are kept at most, the oldest go first. */
const COUNTERS_MAX = 100_000;

/** Counts requests of users and of addresses. CC: middleware/base_rate_limiter.rb */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  readonly #counters = new Map<string, Counter>();

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Counts one request of `who` (a user's guid, or an address). Null: there is no limit for him. */
  count(who: string, kind: "user" | "admin" | "address"): Verdict | null {
    const { generalMax, adminMax, unauthenticatedMax } = this.#limits;
    const max = kind === "admin" ? adminMax : kind === "user" ? generalMax : unauthenticatedMax;
    if (max < 0) return null;
    const counter = this.#counter(`${kind}:${who}`);
    counter.value++;
    return {
      exceeded: counter.value > max,
      retryAfterSeconds: counter.endsAtSeconds - this.#nowSeconds(),
      headers: {
        "x-ratelimit-limit": String(max),
        "x-ratelimit-reset": String(counter.endsAtSeconds),
        "x-ratelimit-remaining": String(remaining(max, counter.value)),
      },
    };
  }

  #counter(key: string): Counter {
    const now = this.#nowSeconds();
    const found = this.#counters.get(key);
    if (found !== undefined && found.endsAtSeconds > now) return found;
    // Everybody's interval begins at another moment: the limits of all do not end at once.
    const interval = this.#limits.intervalMinutes * 60;
    const offset = createHash("sha256").update(key).digest().readUInt32BE(0) % interval;
    const fresh = { value: 0, endsAtSeconds: now + interval - ((((now - offset) % interval) + interval) % interval) };
    this.#counters.delete(key);
    this.#counters.set(key, fresh);
    if (this.#counters.size > COUNTERS_MAX) this.#counters.delete(this.#counters.keys().next().value!);
    return fresh;
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.nowMs() / 1000);
  }
}

/** In steps of a tenth, as several Cloud Controllers could not say it more exactly. */
function remaining(max: number, count: number): number {
  if (max === 0) return 0;
  return Math.max(0, Math.trunc((Math.floor(((max - count) / max) * 10) / 10) * max));
}
