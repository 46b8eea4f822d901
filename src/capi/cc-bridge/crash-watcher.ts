import type { BbsClient } from "../../diego/bbs/client.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { LrpEvent } from "../../protocol/lrp.ts";
import type { CloudControllerSource } from "./client.ts";
import { APPS_DOMAIN, processOfLrp } from "./model.ts";

export interface CrashWatcherDeps {
  readonly bbs: BbsClient;
  readonly source: CloudControllerSource;
  readonly clock: Clock;
  readonly log: Log;
}

/** tps: watcher/watcher.go waits as long before it subscribes again. */
const RESUBSCRIBE_MS = 1_000;

/** Tells the Cloud Controller of crashes until aborted; subscribes again whenever the stream ends or fails. */
export async function runCrashWatcher(deps: CrashWatcherDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of deps.bbs.lrpEvents(signal)) await report(deps, event);
    } catch (error) {
      if (!signal.aborted) deps.log.warn("event stream lost, subscribing again", { error });
    }
    await deps.clock.sleep(RESUBSCRIBE_MS, signal).catch(() => undefined); // aborted: the loop ends
  }
}

async function report(deps: CrashWatcherDeps, event: LrpEvent): Promise<void> {
  try {
    if (event.kind === "actual_lrp_crashed") {
      if (event.key.domain !== APPS_DOMAIN) return;
      const { guid, version } = processOfLrp(event.key.processGuid);
      await deps.source.processCrashed(guid, version, {
        instanceGuid: event.instanceKey.instanceGuid,
        index: event.key.index,
        cellId: event.instanceKey.cellId,
        exitDescription: event.crashReason,
        crashCount: event.crashCount,
        crashTimestampNs: event.sinceNs,
      });
    } else if (event.kind === "actual_lrp_instance_changed") {
      const { before, after } = event;
      const instance = after.instanceKey;
      if (after.key.domain !== APPS_DOMAIN || before.routable === after.routable) return;
      if (after.state !== "RUNNING" || before.state !== "RUNNING" || instance === null) return;
      const { guid, version } = processOfLrp(after.key.processGuid);
      await deps.source.readinessChanged(guid, version, {
        instanceGuid: instance.instanceGuid,
        index: after.key.index,
        cellId: instance.cellId,
        ready: after.routable,
      });
    }
  } catch (error) {
    deps.log.warn("event not reported", { kind: event.kind, error });
  }
}
