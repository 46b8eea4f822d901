import { existsSync } from "node:fs";
import type { BlobBucket, BlobstoreClient } from "../../capi/blobstore/client.ts";
import type { BridgeClient, CloudControllerSource } from "../../capi/cc-bridge/client.ts";
import type { CcOperator } from "../../capi/cloud-controller/index.ts";
import type { BbsClient } from "../../diego/bbs/client.ts";
import type { RepClient } from "../../diego/rep/index.ts";
import type { GardenClient } from "../../garden/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Gorouter } from "../../routing/gorouter/index.ts";
import { type Difference, findDifferences, type Reading } from "./differences.ts";

/** The components that a running platform's check compares. */
export interface CheckParts {
  readonly cc: CcOperator;
  readonly source: Pick<CloudControllerSource, "processesToRun">;
  readonly bridge: Pick<BridgeClient, "processChanged">;
  readonly blobstore: BlobstoreClient;
  readonly bbs: BbsClient;
  readonly rep: RepClient;
  readonly garden: GardenClient;
  readonly gorouter: Pick<Gorouter, "routes">;
  readonly clock: Clock;
  readonly log: Log;
}

export interface CheckOrder {
  readonly repair: boolean;
  /** Digests of contents that are not what they should be. */
  readonly damaged: readonly string[];
}

export interface CheckedDifference {
  readonly check: string;
  readonly problem: string;
  /** `repaired`, or why not; empty when nothing was tried. */
  readonly repair: string;
}

/** A change on its way from one component to the next takes no longer. */
const SETTLED_MS = 4_000;
const CALL_MS = 30_000;
const DOMAIN = "cf-apps";
const BUCKETS: readonly BlobBucket[] = ["packages", "droplets", "buildpacks", "buildpack-cache", "resources"];

/** What does not fit together at two looks, and puts it right if that is ordered. */
export async function checkRunning(
  order: CheckOrder,
  parts: CheckParts,
  signal: AbortSignal,
): Promise<CheckedDifference[]> {
  const damaged = new Set(order.damaged);
  const first = findDifferences(await read(parts, damaged, signal));
  if (first.length === 0) return [];
  await parts.clock.sleep(SETTLED_MS, signal);
  const before = new Set(first.map(({ problem }) => problem));
  const stays = findDifferences(await read(parts, damaged, signal)).filter(({ problem }) => before.has(problem));
  const checked: CheckedDifference[] = [];
  for (const difference of stays) {
    const { check, problem } = difference;
    checked.push({ check, problem, repair: order.repair ? await repair(difference, parts, signal) : "" });
  }
  return checked;
}

async function read(parts: CheckParts, damaged: ReadonlySet<string>, signal: AbortSignal): Promise<Reading> {
  const { cc, source, blobstore, bbs, rep, garden, gorouter, clock } = parts;
  const limit = clock.deadline(CALL_MS, signal);
  const names = new Map<string, string | null>();
  for (const bucket of BUCKETS) {
    for (const key of await blobstore.keys(bucket, "")) {
      const blob = await blobstore.stat(bucket, key);
      if (blob === null) continue; // deleted meanwhile
      const isThere = !damaged.has(blob.sha256) && existsSync(await blobstore.localPath(bucket, key).catch(() => ""));
      names.set(`${bucket}/${key}`, isThere ? blob.sha256 : null);
    }
  }
  const [references, owned] = [await cc.blobReferences(), await cc.ownedBlobs()];
  const handles = await garden.list();
  const [processes, desired, actual, cell] = await Promise.all([
    source.processesToRun(limit),
    bbs.desiredLrps({ domain: DOMAIN }, limit),
    bbs.actualLrps({ domain: DOMAIN }, limit),
    rep.state(limit),
  ]);
  const known = new Set([
    ...cell.lrps.map(({ instanceGuid }) => instanceGuid),
    ...cell.tasks.map(({ taskGuid }) => taskGuid),
  ]);
  return {
    blobs: { references, owned, names },
    processes,
    desired,
    actual,
    routes: gorouter.routes(),
    containers: { garden: handles, known },
  };
}

async function repair({ repair, problem }: Difference, parts: CheckParts, signal: AbortSignal): Promise<string> {
  if (repair === null) return "mends itself within a minute";
  const { cc, blobstore, bridge, bbs, garden, clock, log } = parts;
  const limit = clock.deadline(CALL_MS, signal);
  const deleteBlob = async (name: string): Promise<void> => {
    const slash = name.indexOf("/");
    await blobstore.delete(name.slice(0, slash) as BlobBucket, name.slice(slash + 1));
  };
  try {
    switch (repair.kind) {
      case "forget-blob":
        await cc.blobIsLost(repair.reference);
        await deleteBlob(`${repair.reference.bucket}/${repair.reference.key}`);
        break;
      case "delete-blob":
        await deleteBlob(repair.name);
        break;
      case "desire-process":
        await bridge.processChanged(repair.guid, [], limit);
        break;
      case "remove-lrp":
        await bbs.removeDesiredLrp(repair.processGuid, limit);
        break;
      case "destroy-container":
        await garden.destroy(repair.handle, limit);
        break;
    }
    log.warn("check: repaired", { problem, repair: repair.kind });
    return "repaired";
  } catch (error) {
    log.error("check: repair failed", { problem, error });
    return `not repaired: ${(error as Error).message}`;
  }
}
