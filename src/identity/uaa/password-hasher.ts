import { argon2, createHash, timingSafeEqual } from "node:crypto";
import { BoundedQueue } from "../../kit/bounded-queue.ts";
import type { Secrets } from "../../kit/random.ts";
import { UaaError } from "./errors.ts";

/** Hashing shares libuv's four threads with the file system: leave two to it. */
const AT_ONCE = 2;
/** About a second of waiting; beyond that a caller is told to come back. */
const WAITING_MAX = 64;
/** OWASP's smallest argon2id setting; about 40 ms here. Memory in KiB. */
const COST = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;
/** From here on a secret was made by a machine and has ≥ 128 bits: a slow hash adds nothing. */
const STRONG_SECRET_LENGTH = 22;

/** Hashes passwords with argon2id off the main thread, two at a time, first come, first served. */
export class PasswordHasher {
  readonly #secrets: Secrets;
  readonly #waiting = new BoundedQueue<() => void>(WAITING_MAX);
  #running = 0;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** A text with everything that `matches` needs. Throws `temporarily_unavailable` when too many wait. */
  async hash(password: string): Promise<string> {
    const salt = this.#secrets.bytes(16);
    const tag = await this.#derive(password, salt, COST);
    return `argon2id$${COST.memory}$${COST.passes}$${toBase64(salt)}$${toBase64(tag)}`;
  }

  /** Like `hash`, but fast for secrets that are strong by themselves (and for the empty one, which hides nothing). */
  async hashSecret(secret: string): Promise<string> {
    if (secret.length > 0 && secret.length < STRONG_SECRET_LENGTH) return await this.hash(secret);
    const salt = this.#secrets.bytes(16);
    return `sha256$${toBase64(salt)}$${toBase64(fastTag(secret, salt))}`;
  }

  async matches(password: string, hash: string): Promise<boolean> {
    const parts = hash.split("$");
    if (parts[0] === "sha256" && parts.length === 3) {
      return timingSafeEqual(fastTag(password, fromBase64(parts[1]!)), fromBase64(parts[2]!));
    }
    if (parts[0] !== "argon2id" || parts.length !== 5) return false;
    const cost = { ...COST, memory: Number(parts[1]), passes: Number(parts[2]) };
    const tag = await this.#derive(password, fromBase64(parts[3]!), cost);
    return timingSafeEqual(tag, fromBase64(parts[4]!));
  }

  /** As slow as `matches` for a wrong password, so that an unknown user name takes no shorter. */
  async pretend(password: string): Promise<void> {
    await this.#derive(password, this.#secrets.bytes(16), COST);
  }

  async #derive(
    password: string,
    salt: Uint8Array,
    cost: { memory: number; passes: number; parallelism: number; tagLength: number },
  ): Promise<Uint8Array> {
    if (this.#running >= AT_ONCE) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (!this.#waiting.offer(resolve)) throw new UaaError("temporarily_unavailable", "Too many sign-ins at once");
      await promise; // whoever finished hands its place over
    } else {
      this.#running++;
    }
    try {
      return await new Promise<Uint8Array>((done, reject) =>
        argon2("argon2id", { message: password, nonce: salt, ...cost }, (error, tag) =>
          error === null ? done(tag) : reject(error),
        ),
      );
    } finally {
      const next = this.#waiting.poll();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

function fastTag(secret: string, salt: Uint8Array): Uint8Array {
  return createHash("sha256").update(salt).update(secret).digest();
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, "base64url");
}
