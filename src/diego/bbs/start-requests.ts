import type { DesiredLrp, DesiredLrpSchedulingInfo } from "../../protocol/lrp.ts";
import type { Task } from "../../protocol/task.ts";
import type { LrpStartRequest, TaskStartRequest } from "../auctioneer/client.ts";

/** Diego: auctioneer/resources.go */
export function lrpStartRequest(lrp: DesiredLrp, indices: readonly number[]): LrpStartRequest {
  const { processGuid, domain, memoryMb, diskMb, maxPids, rootfs, placementTags, volumeDrivers } = lrp;
  return { processGuid, domain, indices, memoryMb, diskMb, maxPids, rootfs, placementTags, volumeDrivers };
}

export function taskStartRequest({ taskGuid, domain, definition }: Task): TaskStartRequest {
  const { memoryMb, diskMb, maxPids, rootfs, placementTags, volumeDrivers } = definition;
  return { taskGuid, domain, memoryMb, diskMb, maxPids, rootfs, placementTags, volumeDrivers };
}

export function schedulingInfoOf(lrp: DesiredLrp): DesiredLrpSchedulingInfo {
  const { processGuid, domain, logGuid, annotation, instances, memoryMb, diskMb, maxPids, rootfs } = lrp;
  const { placementTags, volumeDrivers, routes, modificationTag } = lrp;
  return {
    processGuid,
    domain,
    logGuid,
    annotation,
    instances,
    memoryMb,
    diskMb,
    maxPids,
    rootfs,
    placementTags,
    volumeDrivers,
    routes,
    modificationTag,
  };
}
