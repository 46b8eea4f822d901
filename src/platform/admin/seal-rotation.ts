import type { CcOperator } from "../../capi/cloud-controller/index.ts";
import type { Log } from "../../kit/log.ts";
import type { Secrets } from "../../kit/random.ts";
import { addSealingKey, dropOldSealingKeys, sealingKeys } from "../sealing-keys.ts";
import type { SecretStore } from "../secret-store.ts";

export interface SealRotationDeps {
  readonly store: SecretStore;
  readonly secrets: Secrets;
  readonly cc: Pick<CcOperator, "reseal">;
  readonly log: Log;
  /** Aborts what takes long when the platform stops. */
  readonly signal: AbortSignal;
}

/**
 * Changes the key by which secrets lie sealed. One change at a time: the end of one drops every key but the newest, which another may
 * still be sealing away from.
 */
export class SealRotation {
  readonly #deps: SealRotationDeps;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: SealRotationDeps) {
    this.#deps = deps;
  }

  /** A new key seals from now on, and everything anew. The old one goes when nothing is sealed with it any more, not before. */
  rotate(): Promise<string> {
    return this.#inTurn(async () => {
      const { store, secrets, cc, signal } = this.#deps;
      signal.throwIfAborted();
      const keys = addSealingKey(store, (byteCount) => secrets.token(byteCount));
      const count = await cc.reseal(keys, signal);
      dropOldSealingKeys(store);
      return `${count} secrets are sealed with ${keys.current}; older keys are gone`;
    });
  }

  /** What a change had left to do when the platform died. Resolves when it is done, or given up until the next start. */
  finish(): Promise<void> {
    return this.#inTurn(async () => {
      const { store, cc, log, signal } = this.#deps;
      const keys = sealingKeys(store);
      if (Object.keys(keys.keys).length === 1) return;
      try {
        const count = await cc.reseal(keys, signal);
        dropOldSealingKeys(store);
        log.info("change of the sealing key finished", { count });
      } catch (error) {
        if (!signal.aborted) log.error("change of the sealing key is not over", { error });
      }
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
