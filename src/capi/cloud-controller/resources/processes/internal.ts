import { z } from "zod";
import { ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { CcError } from "../../errors.ts";
import { recordCrash, recordReadiness, recordRescheduling } from "./crash.ts";

/** `guid-version` of an LRP: both are UUIDs. CC: diego/process_guid.rb */
const PROCESS_GUID_LENGTH = 36;

const INSTANCE = { instance: z.string(), index: z.number().int(), cell_id: z.string() };
const CRASHED = z.object({
  ...INSTANCE,
  exit_description: z.string().default(""),
  crash_count: z.number().int().default(1),
  crash_timestamp: z.number().default(0),
});
const READINESS = z.object({ ...INSTANCE, ready: z.boolean() });
const RESCHEDULING = z.object({ ...INSTANCE, reason: z.string().default("") });

/** Registers what Diego's tps-watcher tells of instances. CC: controllers/internal/app_{crashed,readiness_changed,rescheduling}_controller.rb */
export function processEvents(api: CcApi): void {
  const path = "/internal/v4/apps/:process_guid";
  api.internal.post(
    `${path}/crashed`,
    told(api, CRASHED, async (guid, version, body) => {
      await recordCrash(api, guid, version, {
        instanceGuid: body.instance,
        index: body.index,
        cellId: body.cell_id,
        exitDescription: body.exit_description,
        crashCount: body.crash_count,
        crashTimestampNs: BigInt(Math.trunc(body.crash_timestamp)),
      });
    }),
  );
  api.internal.post(
    `${path}/readiness_changed`,
    told(api, READINESS, async (guid, version, { instance, index, cell_id: cellId, ready }) => {
      await recordReadiness(api, guid, version, { instanceGuid: instance, index, cellId, ready });
    }),
  );
  api.internal.post(
    `${path}/rescheduling`,
    told(api, RESCHEDULING, async (guid, version, { instance, index, cell_id: cellId, reason }) => {
      await recordRescheduling(api, guid, version, { instanceGuid: instance, index, cellId, reason });
    }),
  );
}

function told<T extends z.ZodType>(
  api: CcApi,
  schema: T,
  record: (guid: string, version: string, body: z.output<T>) => Promise<void>,
): Handler {
  return async ({ params, body }) => {
    const lrpGuid = params["process_guid"]!;
    const guid = lrpGuid.slice(0, PROCESS_GUID_LENGTH);
    const process = await api.db.selectFrom("processes").where("guid", "=", guid).select("guid").executeTakeFirst();
    if (process === undefined) throw new CcError("ProcessNotFound", [guid]);
    const parsed = schema.safeParse(body);
    if (!parsed.success) throw new CcError("MessageParseError", [JSON.stringify(body).slice(0, 1000)]);
    await record(guid, lrpGuid.slice(PROCESS_GUID_LENGTH + 1), parsed.data);
    return ok({});
  };
}
