import type { CloudControllerSource } from "../../../cc-bridge/client.ts";
import type { CcApi } from "../../api/api.ts";
import { failBuild } from "../builds/finish.ts";
import { buildToStage } from "../builds/source.ts";
import { taskToRun, unfinishedTasks } from "../tasks/source.ts";
import { changeTaskState } from "../tasks/state.ts";
import { recordCrash, recordReadiness } from "./crash.ts";
import { processesToRun, processToRun } from "./source.ts";

/** What the CC bridge reads and writes here. Everything that it is told is durable when it resolves. */
export function diegoSource(api: CcApi): CloudControllerSource {
  const durably = async (work: Promise<unknown>): Promise<void> => {
    await work;
    await api.durable();
  };
  return {
    processesToRun: () => processesToRun(api.db),
    processToRun: (guid) => processToRun(api, guid),
    unfinishedTasks: () => unfinishedTasks(api),
    taskToRun: (guid) => taskToRun(api, guid),
    taskSent: (guid) => durably(api.transaction((trx) => changeTaskState(api, trx, guid, ["PENDING"], "RUNNING"))),
    failTask: (guid, reason) =>
      durably(
        api.transaction((trx) =>
          changeTaskState(api, trx, guid, ["PENDING", "RUNNING", "CANCELING"], "FAILED", reason),
        ),
      ),
    unfinishedBuilds: async () => {
      const rows = await api.db
        .selectFrom("builds")
        .where("state", "=", "STAGING")
        .select(["guid", "created_at"])
        .execute();
      return rows.map(({ guid, created_at }) => ({ guid, createdAtMs: created_at }));
    },
    buildToStage: (guid) => buildToStage(api, guid),
    failBuild: (guid, id, message) => durably(failBuild(api, guid, { id, message })),
    processCrashed: (guid, version, crash) => durably(recordCrash(api, guid, version, crash)),
    readinessChanged: (guid, version, change) => durably(recordReadiness(api, guid, version, change)),
  };
}
