import type { BbsClient } from "../../diego/bbs/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { HttpClient } from "../../kit/http-client.ts";
import type { Log } from "../../kit/log.ts";
import type { LogCacheClient } from "../../logging/log-cache/client.ts";
import { startCcUploader } from "./cc-uploader.ts";
import type { BridgeClient, CloudControllerSource, InstanceReport, ProcessQuery } from "./client.ts";
import type { BridgeConfig } from "./config.ts";
import { containerMetrics } from "./container-metrics.ts";
import { runCrashWatcher } from "./crash-watcher.ts";
import { BridgeError, bbsErrorType, toBridgeError } from "./errors.ts";
import { instanceCounts, instanceReports } from "./instance-reports.ts";
import { APPS_DOMAIN, lrpGuidOf, STAGING_DOMAIN, type StagingRequest, TASKS_DOMAIN, type TaskToRun } from "./model.ts";
import { ProcessSender } from "./process-sender.ts";
import { stagingRecipe } from "./staging-recipe.ts";
import { runSyncLoop } from "./sync-loop.ts";
import { taskRecipe } from "./task-recipe.ts";

export interface BridgeDeps {
  readonly bbs: BbsClient;
  readonly logCache: LogCacheClient;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Lets the event loop go on; `setImmediate` outside the simulator. */
  readonly pause: () => Promise<void>;
}

export interface CcBridge extends AsyncDisposable {
  readonly client: BridgeClient;
  /** The Cloud Controller is up: the sync loops and the crash watcher start. Once only. */
  attach(source: CloudControllerSource): void;
}

/** Starts cc-uploader and the client; everything that needs the Cloud Controller waits for `attach`. */
export async function startCcBridge(config: BridgeConfig, deps: BridgeDeps): Promise<CcBridge> {
  const stop = new AbortController();
  const sender = new ProcessSender(config, deps.bbs);
  let source: CloudControllerSource | null = null;
  const loops: Promise<void>[] = [];
  const uploader = await startCcUploader(
    { socketPath: config.ccUploaderSocket, ccInternalUrl: config.ccInternalUrl },
    deps,
  );
  return {
    client: bridgeClient(config, deps, sender, () => {
      if (source === null) throw new BridgeError("RunnerUnavailable", "the Cloud Controller is not attached yet");
      return source;
    }),
    attach: (cc) => {
      if (source !== null) throw new Error("the bridge is attached already");
      source = cc;
      loops.push(runSyncLoop({ ...deps, config, sender, source: cc }, stop.signal));
      loops.push(runCrashWatcher({ ...deps, source: cc }, stop.signal));
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error("the bridge stops"));
      await Promise.all(loops);
      await uploader[Symbol.asyncDispose]();
    },
  };
}

function bridgeClient(
  config: BridgeConfig,
  deps: BridgeDeps,
  sender: ProcessSender,
  source: () => CloudControllerSource,
): BridgeClient {
  const { bbs, clock, logCache } = deps;
  return {
    processChanged: async (processGuid, staleVersions, signal) =>
      sender.bringInLine(source(), processGuid, staleVersions, signal),
    stopInstance: async (guid, version, index, signal) => {
      const processGuid = lrpGuidOf({ guid, version });
      const call = bbs.retireActualLrp({ processGuid, index, domain: APPS_DOMAIN }, signal);
      await ignoring("ResourceNotFound", call, "RunnerError", processGuid);
    },
    stage: async (request: StagingRequest, signal) => {
      const call = bbs.desireTask(request.buildGuid, STAGING_DOMAIN, stagingRecipe(request, config), signal);
      await ignoring("ResourceExists", call, "StagerError", request.buildGuid);
    },
    stopStaging: async (buildGuid, signal) =>
      ignoring("ResourceNotFound", bbs.cancelTask(buildGuid, signal), "StagerError", buildGuid),
    desireTask: async (task: TaskToRun, signal) => {
      const call = bbs.desireTask(task.guid, TASKS_DOMAIN, taskRecipe(task, config), signal);
      await ignoring("ResourceExists", call, "TaskError", task.guid);
    },
    cancelTask: async (taskGuid, signal) =>
      ignoring("ResourceNotFound", bbs.cancelTask(taskGuid, signal), "TaskError", taskGuid),
    instances: async (process: ProcessQuery, signal): Promise<InstanceReport[]> => {
      const processGuid = lrpGuidOf(process);
      try {
        const desired = process.started
          ? await bbs.desiredLrpSchedulingInfos({ processGuids: [processGuid] }, signal)
          : [];
        const lrps = await bbs.actualLrps({ processGuid }, signal);
        const nowNs = clock.nowNs();
        const metrics = containerMetrics(logCache, process.appGuid, process.guid, nowNs);
        const info = desired[0];
        const wanted = info === undefined ? null : { isolationSegment: info.placementTags[0] ?? null };
        return instanceReports(process.instances, lrps, wanted, metrics, nowNs);
      } catch (error) {
        throw toBridgeError(error, "RunnerError", process.guid);
      }
    },
    instanceCounts: async (process, signal) => {
      const lrps = await bbs.actualLrps({ processGuid: lrpGuidOf(process) }, signal).catch((error) => {
        throw toBridgeError(error, "RunnerError", process.guid);
      });
      return instanceCounts(process.instances, lrps);
    },
  };
}

/** Waits; a failure of this type is what was wanted anyway. */
async function ignoring(
  type: string,
  call: Promise<void>,
  kind: "RunnerError" | "StagerError" | "TaskError",
  guid: string,
): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (bbsErrorType(error) !== type) throw toBridgeError(error, kind, guid);
  }
}
