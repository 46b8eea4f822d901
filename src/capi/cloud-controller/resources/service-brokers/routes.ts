import { type Access, SERVICE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { createBroker, deleteBroker, updateBroker } from "./change.ts";
import { deleteWork, synchronizeWork, updateWork } from "./jobs.ts";
import { presentBrokers } from "./present.ts";
import { removeBroker } from "./remove.ts";

const BROKERS_LIST: ListSpec = {
  filters: { space_guids: "list", names: "list" },
  orderBy: ["name"],
  labelSelector: true,
};

/** Registers `/v3/service_brokers` and its jobs. CC: controllers/v3/service_brokers_controller.rb */
export function serviceBrokers(api: CcApi): void {
  api.get("/v3/service_brokers", async ({ query, access, path }) => {
    const list = parseListQuery(BROKERS_LIST, query);
    let rows = readable(api, access);
    const names = list.list("names");
    if (names !== null) rows = rows.where("service_brokers.name", "in", names);
    const spaces = list.list("space_guids");
    if (spaces !== null) rows = rows.where("service_brokers.space_guid", "in", spaces);
    const page = await readPage(rows, "service_brokers", list, { owner: "service_broker" });
    return ok(presentPage(api.links, path, list, page.total, await presentBrokers(api, page.rows)));
  });
  api.get("/v3/service_brokers/:guid", async ({ params, access }) => {
    const broker = await readable(api, access).where("service_brokers.guid", "=", params["guid"]!).executeTakeFirst();
    if (broker === undefined) throw notFound("Service broker");
    const [document] = await presentBrokers(api, [broker]);
    return ok(document!);
  });
  api.post("/v3/service_brokers", createBroker(api));
  api.patch("/v3/service_brokers/:guid", updateBroker(api));
  api.delete("/v3/service_brokers/:guid", deleteBroker(api));
  api.job("service_broker.catalog.synchronize", synchronizeWork(api));
  api.job("service_broker.update", updateWork(api));
  api.job("service_broker.delete", deleteWork(api));
  // CC: actions/space_delete.rb, delete_service_brokers
  api.hooks.onSpaceDeleted(async (spaceGuid, actor, signal) => {
    const brokers = await api.db
      .selectFrom("service_brokers")
      .where("space_guid", "=", spaceGuid)
      .select("guid")
      .execute();
    for (const { guid } of brokers) await removeBroker(api, guid, actor, signal);
  });
}

/** Brokers of the spaces where the caller develops; global ones are the operators' affair. */
function readable(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("service_brokers").selectAll("service_brokers");
  if (access.readsAll) return rows;
  return rows.where("service_brokers.space_guid", "in", spaceGuidsWith(api.db, access, SERVICE_READERS));
}
