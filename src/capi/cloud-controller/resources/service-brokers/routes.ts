import type { Selectable } from "kysely";
import { type Access, SERVICE_READERS } from "../../access.ts";
import { spaceGuidsWith } from "../../access-store.ts";
import { ok } from "../../api/answer.ts";
import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { notFound } from "../../errors.ts";
import { presentPage, readPage } from "../../list-page.ts";
import { type ListSpec, parseListQuery } from "../../list-query.ts";
import { metadataOf } from "../../metadata.ts";
import type { ServiceBrokersTable } from "../../store/schema.ts";

type ServiceBroker = Selectable<ServiceBrokersTable>;

const BROKERS_LIST: ListSpec = {
  filters: { space_guids: "list", names: "list" },
  orderBy: ["name"],
  labelSelector: true,
};

/** Registers the reading of `/v3/service_brokers`. CC: controllers/v3/service_brokers_controller.rb */
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
}

/** Brokers of the spaces where the caller develops; global ones are the operators' affair. */
function readable(api: CcApi, access: Access) {
  const rows = api.db.selectFrom("service_brokers").selectAll("service_brokers");
  if (access.readsAll) return rows;
  return rows.where("service_brokers.space_guid", "in", spaceGuidsWith(api.db, access, SERVICE_READERS));
}

/** CC: presenters/v3/service_broker_presenter.rb */
async function presentBrokers(api: CcApi, brokers: readonly ServiceBroker[]): Promise<object[]> {
  const metadata = await metadataOf(
    api.db,
    "service_broker",
    brokers.map(({ guid }) => guid),
  );
  return brokers.map((broker) => {
    const space = broker.space_guid;
    return {
      guid: broker.guid,
      created_at: presentTime(broker.created_at),
      updated_at: presentTime(broker.updated_at),
      name: broker.name,
      url: broker.url,
      relationships: space === null ? {} : { space: { data: { guid: space } } },
      metadata: metadata(broker.guid),
      links: {
        self: api.links.to(`/v3/service_brokers/${broker.guid}`),
        service_offerings: api.links.to(`/v3/service_offerings?service_broker_guids=${broker.guid}`),
        ...(space === null ? {} : { space: api.links.to(`/v3/spaces/${space}`) }),
      },
    };
  });
}
