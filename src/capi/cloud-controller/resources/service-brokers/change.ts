import { isUniqueViolation } from "../../../../kit/database.ts";
import type { Access } from "../../access.ts";
import { accepted, ok } from "../../api/answer.ts";
import type { CcApi, Handler } from "../../api/api.ts";
import { actorOf } from "../../audit-events.ts";
import { CcError, notAuthorized, notFound, unprocessable } from "../../errors.ts";
import { changeMetadata } from "../../metadata.ts";
import { parseBody } from "../../validation.ts";
import { findSpace, requireSpaceWrite } from "../../visible.ts";
import { laneOf } from "../service-instances/managed.ts";
import { BROKER_CREATE, BROKER_UPDATE, withMissing } from "./body.ts";
import { recordBroker, withoutPassword } from "./events.ts";
import type { BrokerChange, BrokerState } from "./jobs.ts";
import { presentBrokers } from "./present.ts";
import type { ServiceBroker } from "./refresh.ts";
import { hasInstances } from "./remove.ts";

const INVALID_SPACE = "Invalid space. Ensure that the space exists and you have access to it.";
const BUSY = "Cannot update a broker when other operation is already in progress";

/** POST: registers the broker and has its catalog read. CC: actions/service_broker_create.rb */
export function createBroker(api: CcApi): Handler {
  return async ({ body, access, caller }) => {
    const wanted = parseBody(BROKER_CREATE, withMissing(body, "name", "url", "authentication"));
    const spaceGuid = wanted.relationships?.space ?? null;
    await requireBrokerCreation(api, access, spaceGuid);
    const actor = actorOf(caller);
    const stamp = api.stamp();
    const job = await api
      .transaction(async (trx) => {
        const state: BrokerState = "SYNCHRONIZING";
        const broker = await trx
          .insertInto("service_brokers")
          .values({
            ...stamp,
            name: wanted.name,
            url: wanted.url,
            auth_username: wanted.authentication.username,
            auth_password: wanted.authentication.password,
            space_guid: spaceGuid,
            state,
          })
          .returning(["guid", "name"])
          .executeTakeFirstOrThrow();
        await changeMetadata(trx, "service_broker", broker.guid, wanted.metadata, api.config.limits);
        await recordBroker(api, trx, "create", broker, actor, withoutPassword(body as object));
        return await api.enqueue(jobOf("service_broker.catalog.synchronize", broker.guid, actor), trx);
      })
      .catch(nameTaken);
    return accepted(job);
  };
}

async function requireBrokerCreation(api: CcApi, access: Access, spaceGuid: string | null): Promise<void> {
  if (spaceGuid === null) {
    if (!access.admin) throw notAuthorized();
    return;
  }
  await api.featureFlags.require("space_scoped_private_broker_creation", access);
  const space = await findSpace(api, access, spaceGuid);
  if (space === null) throw unprocessable(INVALID_SPACE);
  await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
}

function jobOf(operation: string, guid: string, actor: ReturnType<typeof actorOf>, input: object = {}) {
  return { operation, resourceType: "service_broker", resourceGuid: guid, actor, lane: laneOf({ guid }), input };
}

function nameTaken(error: unknown): never {
  if (isUniqueViolation(error, "service_brokers.name")) throw unprocessable("Name must be unique");
  throw error;
}

/** The broker, when the caller may know of it and change it. */
async function changeableBroker(api: CcApi, access: Access, guid: string): Promise<ServiceBroker> {
  const broker = await api.db.selectFrom("service_brokers").where("guid", "=", guid).selectAll().executeTakeFirst();
  if (broker === undefined) throw notFound("Service broker");
  if (broker.space_guid === null) {
    if (!access.readsAll) throw notFound("Service broker");
    if (!access.admin) throw notAuthorized();
    return broker;
  }
  const space = await findSpace(api, access, broker.space_guid);
  if (space === null) throw notFound("Service broker");
  await requireSpaceWrite(api, access, space, access.canWriteSpace(space));
  return broker;
}

/** PATCH: at once for metadata, by a job for the rest. CC: actions/v3/service_broker_update.rb */
export function updateBroker(api: CcApi): Handler {
  return async ({ params, body, access, caller }) => {
    const wanted = parseBody(BROKER_UPDATE, withMissing(body, "name", "url", "authentication"));
    const broker = await changeableBroker(api, access, params["guid"]!);
    const asked = body as Readonly<Record<string, unknown>>;
    if (!["name", "url", "authentication"].some((field) => field in asked)) {
      await api.transaction((trx) =>
        changeMetadata(trx, "service_broker", broker.guid, wanted.metadata, api.config.limits),
      );
      const [document] = await presentBrokers(api, [broker]);
      return ok(document!);
    }
    const actor = actorOf(caller);
    const job = await api.transaction(async (trx) => {
      if (wanted.name !== null) {
        const holder = await trx
          .selectFrom("service_brokers")
          .where("name", "=", wanted.name)
          .where("guid", "<>", broker.guid)
          .select("guid")
          .executeTakeFirst();
        if (holder !== undefined) throw unprocessable("Name must be unique");
      }
      const state: BrokerState = "SYNCHRONIZING";
      const { numUpdatedRows } = await trx
        .updateTable("service_brokers")
        .set({ state })
        .where("guid", "=", broker.guid)
        .where("state", "not in", ["SYNCHRONIZING", "DELETE_IN_PROGRESS"])
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw unprocessable(BUSY);
      await recordBroker(api, trx, "update", broker, actor, withoutPassword(asked));
      const { name, url, authentication, metadata = null } = wanted;
      const change: BrokerChange = { name, url, authentication, metadata, previousState: broker.state };
      return await api.enqueue(jobOf("service_broker.update", broker.guid, actor, change), trx);
    });
    return accepted(job);
  };
}

/** DELETE: refused at once while anybody uses the broker. */
export function deleteBroker(api: CcApi): Handler {
  return async ({ params, access, caller }) => {
    const broker = await changeableBroker(api, access, params["guid"]!);
    if (await hasInstances(api.db, broker.guid)) throw new CcError("ServiceBrokerNotRemovable", [broker.name]);
    const job = await api.transaction(async (trx) => {
      const state: BrokerState = "DELETE_IN_PROGRESS";
      await trx.updateTable("service_brokers").set({ state }).where("guid", "=", broker.guid).execute();
      return await api.enqueue(jobOf("service_broker.delete", broker.guid, actorOf(caller)), trx);
    });
    return accepted(job);
  };
}
