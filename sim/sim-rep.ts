import { type BbsClient, BbsError, type BbsEvacuationClient } from "../src/diego/bbs/index.ts";
import { holdLock, type LocketClient } from "../src/diego/locket/client.ts";
import type { RepClient } from "../src/diego/rep/client.ts";
import type { Clock } from "../src/kit/clock.ts";
import type { Log } from "../src/kit/log.ts";
import type { Random } from "../src/kit/random.ts";
import { encodeCellPresence } from "../src/protocol/cell-presence.ts";
import type { SimCell, SimContainer } from "./sim-cell.ts";

const BULK_MS = 30_000;
const CALL_MS = 10_000;
/** A reservation that never became a container. Diego: executor, ReservedExpirationTime */
const RESERVED_MS = 60_000;

export interface SimRepDeps {
  readonly cell: SimCell;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly bbs: BbsClient & BbsEvacuationClient;
  readonly locket: LocketClient;
}

export interface SimRep {
  readonly client: RepClient;
  /** Aborts when the presence is lost; then it has to start anew. */
  readonly lost: AbortSignal;
  /** Takes no more work and empties the cell. Resolves when nothing is left. */
  evacuate(): Promise<void>;
}

/**
 * A rep reduced to what it says to the BBS, by the rules of the real one (rep: generator/, auctioncellrep/, evacuation/). */
export function startSimRep(deps: SimRepDeps): SimRep {
  const { cell, clock, random, log, bbs, locket } = deps;
  const never = new AbortController().signal;
  const limit = (): AbortSignal => clock.deadline(CALL_MS);
  const busy = new Map<string, Promise<void>>();
  let evacuating = false;
  const presence = holdLock(
    { key: cell.cellId, owner: random.guid(), value: encodeCellPresence(cell.presence), type: "presence" },
    { locket, clock, log },
    never,
  );
  cell.onChange = (container) => process(container.guid);
  void bulk();

  /** One operation after the other for each container, on its state at that time. */
  function process(guid: string): Promise<void> {
    const operation = (busy.get(guid) ?? Promise.resolve()).then(async () => {
      const container = cell.containers.get(guid);
      if (container === undefined) return;
      try {
        if (container.lrp === null) await processTask(container);
        else if (evacuating) await evacuateLrp(container);
        else await processLrp(container);
      } catch (error) {
        log.debug("operation failed", { guid, error });
      }
    });
    busy.set(guid, operation);
    return operation;
  }

  async function processLrp(container: SimContainer): Promise<void> {
    const key = container.lrp!;
    const instanceKey = { instanceGuid: container.guid, cellId: cell.cellId };
    if (container.state === "reserved" || container.state === "created") {
      try {
        await bbs.claimActualLrp(key, instanceKey, limit());
      } catch (error) {
        if (isType(error, "ActualLRPCannotBeClaimed")) cell.destroy(container.guid);
        throw error;
      }
      await bbs.desiredLrpByProcessGuid(key.processGuid, limit());
      cell.run(container);
    } else if (container.state === "running") {
      const netInfo = {
        address: "10.0.0.1",
        ports: [],
        instanceAddress: container.guid,
        preferredAddress: "HOST",
      } as const;
      const said = { internalRoutes: [], metricTags: {}, routable: true, availabilityZone: cell.presence.zone };
      try {
        await bbs.startActualLrp({ key, instanceKey, netInfo, ...said }, limit());
      } catch (error) {
        if (isType(error, "ActualLRPCannotBeStarted")) cell.stop(container.guid);
        throw error;
      }
    } else {
      // Whatever the answer: the container is over.
      await (container.stopped
        ? bbs.removeActualLrp(key, instanceKey, limit())
        : bbs.crashActualLrp(key, instanceKey, "exited", limit())
      ).finally(() => cell.destroy(container.guid));
    }
  }

  function startOf(container: SimContainer): Parameters<BbsClient["startActualLrp"]>[0] {
    return {
      key: container.lrp!,
      instanceKey: { instanceGuid: container.guid, cellId: cell.cellId },
      netInfo: { address: "10.0.0.1", ports: [], instanceAddress: container.guid, preferredAddress: "HOST" },
      internalRoutes: [],
      metricTags: {},
      routable: true,
      availabilityZone: cell.presence.zone,
    };
  }

  async function evacuateLrp(container: SimContainer): Promise<void> {
    const key = container.lrp!;
    const instanceKey = { instanceGuid: container.guid, cellId: cell.cellId };
    if (container.state === "running") {
      // Without an answer it is kept.
      if (!(await bbs.evacuateRunningActualLrp(startOf(container), limit()))) cell.destroy(container.guid);
      return;
    }
    await (container.state !== "completed"
      ? bbs.evacuateClaimedActualLrp(key, instanceKey, limit())
      : container.stopped
        ? bbs.evacuateStoppedActualLrp(key, instanceKey, limit())
        : bbs.evacuateCrashedActualLrp(key, instanceKey, "exited", limit())
    ).finally(() => cell.destroy(container.guid));
  }

  async function evacuate(): Promise<void> {
    evacuating = true;
    while (cell.containers.size > 0) {
      for (const guid of cell.containers.keys()) void process(guid);
      await clock.sleep(10_000);
    }
  }

  async function processTask(container: SimContainer): Promise<void> {
    if (container.state !== "completed") {
      try {
        if (await bbs.startTask(container.guid, cell.cellId, limit())) cell.run(container);
      } catch (error) {
        if (isType(error, "InvalidStateTransition") || isType(error, "ResourceNotFound")) cell.destroy(container.guid);
        throw error;
      }
    } else {
      const outcome = { failed: container.stopped, failureReason: container.stopped ? "stopped" : "", result: "ok" };
      await bbs.completeTask(container.guid, cell.cellId, outcome, limit()).finally(() => cell.destroy(container.guid));
    }
  }

  /** Every 30 s: what the BBS believes of this cell against what is here. */
  async function bulk(): Promise<void> {
    for (;;) {
      try {
        await compare();
      } catch (error) {
        log.debug("bulk failed", { error });
      }
      await clock.sleep(BULK_MS);
    }
  }

  async function compare(): Promise<void> {
    const lrps = await bbs.actualLrps({ cellId: cell.cellId }, limit());
    const tasks = await bbs.tasks({ cellId: cell.cellId }, limit());
    for (const container of cell.containers.values()) {
      const expired = container.state === "reserved" && cell.reservedForMs(container) > RESERVED_MS;
      if (expired) cell.destroy(container.guid);
      else void process(container.guid);
    }
    for (const { key, instanceKey, presence: held } of lrps) {
      if (instanceKey === null || cell.containers.has(instanceKey.instanceGuid)) continue;
      const removal =
        held === "EVACUATING"
          ? bbs.removeEvacuatingActualLrp(key, instanceKey, limit())
          : bbs.removeActualLrp(key, instanceKey, limit());
      await removal.catch(() => undefined);
    }
    for (const { taskGuid } of tasks) {
      if (cell.containers.has(taskGuid)) continue;
      const outcome = { failed: true, failureReason: "task container does not exist", result: "" };
      await bbs.completeTask(taskGuid, cell.cellId, outcome, limit()).catch(() => undefined);
    }
  }

  const client: RepClient = {
    state: async () => ({ ...cell.state(), evacuating }),
    perform: async (work) => {
      if (work.cellId !== cell.cellId || evacuating) return work;
      const lrps = work.lrps.filter((lrp) => !take(random.guid(), lrp));
      const tasks = work.tasks.filter((task) => !cell.containers.has(task.taskGuid) && !take(task.taskGuid, task));
      return { cellId: cell.cellId, lrps, tasks };
    },
    stopLrpInstance: async (_key, { instanceGuid }) => cell.stop(instanceGuid),
    updateLrpInstance: async () => undefined,
    cancelTask: async (taskGuid) => cell.stop(taskGuid),
  };

  function take(...[guid, work]: Parameters<SimCell["reserve"]>): boolean {
    if (!cell.reserve(guid, work)) return false;
    void process(guid);
    return true;
  }

  return { client, lost: presence.lost, evacuate };
}

function isType(error: unknown, type: BbsError["type"]): boolean {
  return error instanceof BbsError && error.type === type;
}
