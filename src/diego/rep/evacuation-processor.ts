import type { BbsEvacuationClient } from "../bbs/client.ts";
import type { Container, ContainerOwner } from "../executor/client.ts";
import { bbsErrorType } from "./bbs-error-type.ts";
import type { RepConfig } from "./config.ts";
import { actualLrpStart, BBS_CALL_MS, type ProcessorDeps } from "./lrp-processor.ts";

/**
 * What becomes of an LRP's container while its cell is being emptied. One that runs asks for a replacement and stays, routed,
 * until the BBS says that it may go; one that does not run yet is left to another cell at once.
 * Diego: rep/generator/internal/evacuation_lrp_processor.go
 */
export async function evacuateLrp(
  container: Container,
  owner: ContainerOwner & { readonly kind: "lrp" },
  config: RepConfig,
  deps: Omit<ProcessorDeps, "bbs"> & { readonly bbs: BbsEvacuationClient },
  signal: AbortSignal,
): Promise<void> {
  const { bbs, executor, log } = deps;
  const { guid, state, result } = container;
  const instanceKey = { instanceGuid: owner.instanceGuid, cellId: config.cellId };
  const limit = deps.clock.deadline(BBS_CALL_MS, signal);
  if (state === "running") {
    // Without an answer it is kept: the next look asks again.
    const keeps = await bbs.evacuateRunningActualLrp(actualLrpStart(container, owner, config), limit);
    if (!keeps) await executor.destroy(guid);
    return;
  }
  try {
    if (state !== "completed") await bbs.evacuateClaimedActualLrp(owner.key, instanceKey, limit);
    else if (result.stopped) await bbs.evacuateStoppedActualLrp(owner.key, instanceKey, limit);
    else await bbs.evacuateCrashedActualLrp(owner.key, instanceKey, result.failureReason, limit);
  } catch (error) {
    if (signal.aborted) return; // the next start finds the container
    // Gone it is in any case: if the BBS was not reached, its record without container ends at the next comparison.
    log.info("evacuation was not taken", { guid, state, reason: bbsErrorType(error) ?? String(error) });
  }
  await executor.destroy(guid);
}
