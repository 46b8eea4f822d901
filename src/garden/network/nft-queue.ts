import type { Clock } from "../../kit/clock.ts";
import { runChecked, type Subprocess } from "../../kit/subprocess.ts";

/** nft reads the whole rule set for each run; a busy machine needs this long at most. */
const NFT_TIMEOUT_MS = 10_000;
/** Changes that go into one run. */
const BATCH_MAX = 64;

interface Change {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs nft one at a time; what waits meanwhile goes into the next run as one transaction. When that is refused, its
 * parts are tried alone, so that one bad change fails nobody else's.
 */
export class NftQueue {
  readonly #subprocess: Subprocess;
  readonly #clock: Clock;
  #waiting: Change[] = [];
  #running = false;

  constructor(deps: { readonly subprocess: Subprocess; readonly clock: Clock }) {
    this.#subprocess = deps.subprocess;
    this.#clock = deps.clock;
  }

  /** Resolves when the kernel has taken it. */
  apply(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      try {
        await this.#nft(batch.map(({ text }) => text).join(""));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        if (batch.length === 1) batch[0]!.reject(error);
        else for (const { text, resolve, reject } of batch) await this.#nft(text).then(resolve, reject);
      }
    }
    this.#running = false;
  }

  async #nft(input: string): Promise<void> {
    await runChecked(this.#subprocess, "nft", ["-f", "-"], { input, signal: this.#clock.deadline(NFT_TIMEOUT_MS) });
  }
}
