import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { ActualLrpNetInfo } from "../../protocol/lrp.ts";
import type { BbsClient } from "../bbs/client.ts";
import type { Container, ContainerOwner, ExecutorClient } from "../executor/client.ts";
import { bbsErrorType } from "./bbs-error-type.ts";
import type { RepConfig } from "./config.ts";
import { runInfoOfLrp } from "./run-info.ts";

export interface ProcessorDeps {
  readonly bbs: BbsClient;
  readonly executor: ExecutorClient;
  readonly clock: Clock;
  readonly log: Log;
}

/** Limit of one call of the BBS. */
export const BBS_CALL_MS = 10_000;

type LrpOwner = ContainerOwner & { readonly kind: "lrp" };

/** Brings the BBS and an LRP's container together, whatever state it is in. Diego: rep/generator/internal/ordinary_lrp_processor.go */
export async function processLrp(
  container: Container,
  owner: LrpOwner,
  config: RepConfig,
  deps: ProcessorDeps,
  signal: AbortSignal,
): Promise<void> {
  switch (container.state) {
    case "reserved":
      return await runReserved(container, owner, config, deps, signal);
    case "initializing":
    case "created":
      await claim(container, owner, config, deps, signal);
      return;
    case "running":
      return await announce(container, owner, config, deps, signal);
    case "completed":
      return await finish(container, owner, config, deps, signal);
  }
}

async function runReserved(
  container: Container,
  owner: LrpOwner,
  config: RepConfig,
  deps: ProcessorDeps,
  signal: AbortSignal,
): Promise<void> {
  const { bbs, executor, clock } = deps;
  if (!(await claim(container, owner, config, deps, signal))) return;
  const instanceKey = { instanceGuid: owner.instanceGuid, cellId: config.cellId };
  try {
    const desired = await bbs.desiredLrpByProcessGuid(owner.key.processGuid, clock.deadline(BBS_CALL_MS, signal));
    await executor.run(container.guid, runInfoOfLrp(desired, owner.key, instanceKey));
  } catch (error) {
    if (signal.aborted) return;
    const type = bbsErrorType(error);
    if (type !== null && type !== "ResourceNotFound") throw error;
    deps.log.warn("instance could not be run", { guid: container.guid, error });
    await executor.destroy(container.guid);
    await bbs.removeActualLrp(owner.key, instanceKey, clock.deadline(BBS_CALL_MS, signal));
  }
}

/** False: somebody else has the instance (the container is destroyed then). Throws when the BBS gives no answer. */
async function claim(
  container: Container,
  owner: LrpOwner,
  config: RepConfig,
  deps: ProcessorDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const instanceKey = { instanceGuid: owner.instanceGuid, cellId: config.cellId };
  try {
    await deps.bbs.claimActualLrp(owner.key, instanceKey, deps.clock.deadline(BBS_CALL_MS, signal));
    return true;
  } catch (error) {
    const type = bbsErrorType(error);
    if (type !== "ActualLRPCannotBeClaimed" && type !== "ResourceNotFound") throw error;
    deps.log.info("instance could not be claimed", { guid: container.guid, reason: type });
    await deps.executor.destroy(container.guid);
    return false;
  }
}

async function announce(
  container: Container,
  owner: LrpOwner,
  config: RepConfig,
  deps: ProcessorDeps,
  signal: AbortSignal,
): Promise<void> {
  try {
    await deps.bbs.startActualLrp(actualLrpStart(container, owner, config), deps.clock.deadline(BBS_CALL_MS, signal));
  } catch (error) {
    if (bbsErrorType(error) !== "ActualLRPCannotBeStarted") throw error;
    deps.log.info("instance is not wanted any more", { guid: container.guid });
    await deps.executor.stop(container.guid);
  }
}

/** The BBS hears of the end before the container goes: whoever asks in between sees the truth. */
async function finish(
  container: Container,
  owner: LrpOwner,
  config: RepConfig,
  deps: ProcessorDeps,
  signal: AbortSignal,
): Promise<void> {
  const instanceKey = { instanceGuid: owner.instanceGuid, cellId: config.cellId };
  const limit = deps.clock.deadline(BBS_CALL_MS, signal);
  try {
    if (container.result.stopped) await deps.bbs.removeActualLrp(owner.key, instanceKey, limit);
    else await deps.bbs.crashActualLrp(owner.key, instanceKey, container.result.failureReason, limit);
  } catch (error) {
    if (bbsErrorType(error) === null) throw error;
    deps.log.info("the end of an instance was not taken", { guid: container.guid, reason: bbsErrorType(error) });
  }
  await deps.executor.destroy(container.guid);
}

/** What the BBS is told of an instance that runs. */
export function actualLrpStart(
  container: Container,
  owner: LrpOwner,
  config: RepConfig,
): Parameters<BbsClient["startActualLrp"]>[0] {
  return {
    key: owner.key,
    instanceKey: { instanceGuid: owner.instanceGuid, cellId: config.cellId },
    netInfo: netInfoOf(container, config),
    internalRoutes: container.run?.internalRoutes ?? [],
    metricTags: container.run?.metricsConfig.tags ?? {},
    routable: container.routable,
    availabilityZone: config.zone,
  };
}

/** Diego: rep/conversion_helpers.go, ActualLRPNetInfoFromContainer */
function netInfoOf(container: Container, config: RepConfig): ActualLrpNetInfo {
  return {
    address: container.externalIp,
    instanceAddress: container.internalIp,
    ports: container.ports,
    preferredAddress: (config.prefersInstanceAddress ?? true) ? "INSTANCE" : "HOST",
  };
}
