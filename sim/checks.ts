import type { SimCluster } from "./cluster.ts";

/** The truths that must hold once all faults are over and time has passed. Gives what is wrong. */
export function violations(cluster: SimCluster): string[] {
  const wrong: string[] = [...cluster.overlaps];
  const { workload, cells, bbsDisk } = cluster;

  // Nothing answered is lost, and nothing is there that was never wished for.
  for (const [processGuid, possible] of workload.apps) {
    const held = bbsDisk.desired.get(processGuid)?.instances ?? null;
    if (!possible.has(held))
      wrong.push(`${processGuid}: ${held} instances desired, answered was ${[...possible].join(" or ")}`);
  }
  for (const task of workload.tasks) if (!workload.results.has(task)) wrong.push(`${task}: result never arrived`);
  for (const task of bbsDisk.tasks.keys()) wrong.push(`${task}: still there`);

  // A desired instance runs exactly once; nothing else runs.
  const running = new Map<string, string[]>();
  for (const cell of cells) {
    for (const { guid, lrp, state } of cell.containers.values()) {
      const id = lrp === null ? `task ${guid}` : `${lrp.processGuid}/${lrp.index}`;
      running.set(id, [...(running.get(id) ?? []), `${cell.cellId}:${guid}:${state}`]);
    }
  }
  for (const [processGuid, { instances }] of bbsDisk.desired) {
    for (let index = 0; index < instances; index++) {
      const id = `${processGuid}/${index}`;
      const containers = running.get(id) ?? [];
      running.delete(id);
      if (containers.length !== 1 || !containers[0]!.endsWith(":running")) {
        wrong.push(`${id}: wanted once, is [${containers.join(" ")}]`);
      }
      const record = bbsDisk.actual.get(`${id}/ORDINARY`);
      const told = `${record?.instanceKey?.cellId}:${record?.instanceKey?.instanceGuid}:${record?.state.toLowerCase()}`;
      if (containers[0] !== told) wrong.push(`${id}: the BBS says ${told}, the cell ${containers[0]}`);
    }
  }
  for (const [id, containers] of running) wrong.push(`${id}: not wanted, is [${containers.join(" ")}]`);
  let wanted = 0;
  for (const { instances } of bbsDisk.desired.values()) wanted += instances;
  if (bbsDisk.actual.size !== wanted) wrong.push(`${bbsDisk.actual.size} actual LRPs for ${wanted} desired instances`);
  return wrong;
}
