import { addSealingKey, dropOldSealingKeys, sealingKeys } from "../sealing-keys.ts";
import type { OrderParts } from "./orders.ts";

type SealParts = Pick<OrderParts, "store" | "secrets" | "cc" | "log" | "signal">;

/** A new key seals from now on, and everything anew. The old one goes when nothing is sealed with it any more, not before. */
export async function rotateSealKey({ store, secrets, cc, signal }: SealParts): Promise<string> {
  const keys = addSealingKey(store, (byteCount) => secrets.token(byteCount));
  const count = await cc.reseal(keys, signal);
  dropOldSealingKeys(store);
  return `${count} secrets are sealed with ${keys.current}; older keys are gone`;
}

/** What a rotation had left to do when the platform died. Resolves when it is done, or given up until the next start. */
export async function finishSealRotation({ store, cc, log, signal }: SealParts): Promise<void> {
  const keys = sealingKeys(store);
  if (Object.keys(keys.keys).length === 1) return;
  try {
    const count = await cc.reseal(keys, signal);
    dropOldSealingKeys(store);
    log.info("change of the sealing key finished", { count });
  } catch (error) {
    if (!signal.aborted) log.error("change of the sealing key is not over", { error });
  }
}
