import type { Kysely } from "kysely";
import { isBrokerError } from "../../../../services/broker-client/client.ts";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import type { JobAgain, JobWork } from "../../jobs.ts";
import type { CcDatabase } from "../../store/schema.ts";
import { forgetOrphan } from "../service-instances/broker-calls.ts";
import { laneOf, planWithBroker } from "../service-instances/managed.ts";
import type { ServiceInstance } from "../service-instances/readable.ts";
import { type AnyBinding, removeBinding } from "./kind.ts";

/** What may be left at a broker. The rows may be gone by the time it is asked. */
export interface Orphan {
  readonly instanceGuid: string;
  readonly planGuid: string;
  readonly bindingGuid: string | null;
}

const SYSTEM: Actor = { guid: "system", type: "system", name: "system" };
/** CC: jobs/v2/services/delete_orphaned_instance.rb */
const ATTEMPTS_MAX = 11;
const MINUTE_MS = 60_000;

/** Registers the jobs that tell brokers to forget what may have been made in vain. CC: v2/orphan_mitigator.rb */
export function orphanMitigation(api: CcApi): void {
  api.job("service_instance.mitigate_orphan", attempts(api));
  api.job("service_binding.mitigate_orphan", attempts(api));
}

/** Up to eleven times, after 2, 4, 8 … minutes; then a line in the log is all that is left of it. */
function attempts(api: CcApi): JobWork {
  return async (job, signal): Promise<JobAgain | undefined> => {
    const orphan = job.input as unknown as Orphan;
    try {
      await forgetOrphan(api, orphan, signal);
      return undefined;
    } catch (error) {
      if (!isBrokerError(error)) throw error;
      const attempt = job.runs + 1;
      if (attempt < ATTEMPTS_MAX) return { againInMs: 2 ** attempt * MINUTE_MS };
      const { instanceGuid, bindingGuid } = orphan;
      api.deps.log.warn("a broker may hold an orphan", { instanceGuid, bindingGuid, reason: error.message });
      return undefined;
    }
  };
}

export async function mitigateOrphanedInstance(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  instance: ServiceInstance,
): Promise<void> {
  await enqueue(api, trx, "service_instance.mitigate_orphan", instance.guid, {
    instanceGuid: instance.guid,
    planGuid: instance.service_plan_guid ?? "",
    bindingGuid: null,
  });
}

export async function mitigateOrphanedBinding(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  binding: Pick<AnyBinding, "guid" | "service_instance_guid">,
): Promise<void> {
  const instance = await trx
    .selectFrom("service_instances")
    .where("guid", "=", binding.service_instance_guid)
    .select("service_plan_guid")
    .executeTakeFirst();
  await enqueue(api, trx, "service_binding.mitigate_orphan", binding.guid, {
    instanceGuid: binding.service_instance_guid,
    planGuid: instance?.service_plan_guid ?? "",
    bindingGuid: binding.guid,
  });
}

/** A binding whose creation failed makes room for another attempt; its broker is told to forget it. */
export async function dropFailedBinding(api: CcApi, trx: Kysely<CcDatabase>, binding: AnyBinding): Promise<void> {
  await mitigateOrphanedBinding(api, trx, binding);
  await removeBinding(api, trx, binding);
}

async function enqueue(
  api: CcApi,
  trx: Kysely<CcDatabase>,
  operation: string,
  resourceGuid: string,
  input: Orphan,
): Promise<void> {
  const catalog = await planWithBroker(trx, input.planGuid);
  if (catalog === null) return; // a user-provided one, or the broker is gone
  const lane = laneOf(catalog.broker);
  await api.enqueue({ operation, resourceType: "", resourceGuid, actor: SYSTEM, input, lane, must: true }, trx);
}
