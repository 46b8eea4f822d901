import type { Kysely } from "kysely";
import { isUniqueViolation } from "../../../../kit/database.ts";
import type { CcApi } from "../../api/api.ts";
import type { Actor } from "../../audit-events.ts";
import { CcError, unprocessable } from "../../errors.ts";
import type { JobWork } from "../../jobs.ts";
import { changeMetadata } from "../../metadata.ts";
import type { CcDatabase } from "../../store/schema.ts";
import type { MetadataChange } from "../../validation.ts";
import { fetchCatalog, type ServiceBroker } from "./refresh.ts";
import { removeBroker } from "./remove.ts";
import { syncCatalog } from "./sync-catalog.ts";

/** CC: models/services/service_broker_state_enum.rb; the empty state of older brokers is as good as AVAILABLE. */
export type BrokerState =
  | "SYNCHRONIZING"
  | "SYNCHRONIZATION_FAILED"
  | "AVAILABLE"
  | "DELETE_IN_PROGRESS"
  | "DELETE_FAILED";

/** The input of `service_broker.update`. */
export interface BrokerChange {
  readonly name: string | null;
  readonly url: string | null;
  readonly authentication: { readonly username: string; readonly password: string } | null;
  readonly metadata: MetadataChange | null;
  readonly previousState: string;
}

/** The input of a job whose catalog is stored: what is left is to say so. */
interface SyncDone {
  readonly warnings?: readonly string[];
}

async function findBroker(api: CcApi, guid: string): Promise<ServiceBroker> {
  const broker = await api.db.selectFrom("service_brokers").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (broker === undefined) throw new CcError("ServiceBrokerGone");
  return broker;
}

async function setState(db: Kysely<CcDatabase>, guid: string, state: string): Promise<bigint> {
  const { numUpdatedRows } = await db
    .updateTable("service_brokers")
    .set({ state })
    .where("guid", "=", guid)
    .executeTakeFirst();
  return numUpdatedRows;
}

/** `service_broker.catalog.synchronize`, after a broker was registered. CC: jobs/v3/services/synchronize_broker_catalog_job.rb */
export function synchronizeWork(api: CcApi): JobWork {
  return async ({ resourceGuid, actor, input, keep }, signal) => {
    const { warnings: done } = input as SyncDone;
    if (done !== undefined) return done;
    const broker = await findBroker(api, resourceGuid);
    try {
      const catalog = await fetchCatalog(api, broker, actor.guid, signal);
      return await api.transaction(async (trx) => {
        if ((await setState(trx, broker.guid, "AVAILABLE")) === 0n) throw new CcError("ServiceBrokerGone");
        const warnings = await syncCatalog(api, trx, broker, catalog);
        await keep(trx, { warnings } satisfies SyncDone);
        return warnings;
      });
    } catch (error) {
      // Stopped in the middle: the next start does it again.
      if (!signal.aborted && (await setState(api.db, broker.guid, "SYNCHRONIZATION_FAILED")) === 0n) {
        throw new CcError("ServiceBrokerGone", [], { cause: error });
      }
      throw error;
    }
  };
}

/** `service_broker.update`: the change counts only when the broker has a good catalog then. CC: jobs/v3/services/update_broker_job.rb */
export function updateWork(api: CcApi): JobWork {
  return async ({ resourceGuid, actor, input, keep }, signal) => {
    const { warnings: done } = input as SyncDone;
    if (done !== undefined) return done;
    const change = input as unknown as BrokerChange;
    const broker = await findBroker(api, resourceGuid);
    const { name, url, authentication } = change;
    const columns = {
      ...(name === null ? {} : { name }),
      ...(url === null ? {} : { url }),
      ...(authentication === null
        ? {}
        : { auth_username: authentication.username, auth_password: authentication.password }),
    };
    const changed = { ...broker, ...columns };
    // A new name alone is none of the broker's business.
    const isOnlyName = name !== null && url === null && authentication === null;
    try {
      const catalog = isOnlyName ? null : await fetchCatalog(api, changed, actor.guid, signal);
      return await api.transaction(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable("service_brokers")
          .set({ ...columns, state: "AVAILABLE", updated_at: api.nowMs() })
          .where("guid", "=", broker.guid)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) throw new CcError("ServiceBrokerGone");
        const warnings = catalog === null ? [] : await syncCatalog(api, trx, changed, catalog);
        const { metadata } = change;
        await changeMetadata(trx, "service_broker", broker.guid, metadata ?? undefined, api.config.limits);
        await keep(trx, { warnings } satisfies SyncDone);
        return warnings;
      });
    } catch (error) {
      if (!signal.aborted) await setState(api.db, broker.guid, change.previousState);
      if (isUniqueViolation(error, "service_brokers.name")) throw unprocessable("Name must be unique");
      throw error;
    }
  };
}

/** `service_broker.delete`. CC: lib/services/service_brokers/service_broker_remover.rb */
export function deleteWork(api: CcApi): JobWork {
  return async ({ resourceGuid, actor }: { readonly resourceGuid: string; readonly actor: Actor }, signal) => {
    try {
      await removeBroker(api, resourceGuid, actor, signal);
    } catch (error) {
      if (!signal.aborted) await setState(api.db, resourceGuid, "DELETE_FAILED");
      throw error;
    }
    return undefined;
  };
}
