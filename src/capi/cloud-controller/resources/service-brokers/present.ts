import type { CcApi } from "../../api/api.ts";
import { presentTime } from "../../api/timestamps.ts";
import { metadataOf } from "../../metadata.ts";
import type { ServiceBroker } from "./refresh.ts";

/** CC: presenters/v3/service_broker_presenter.rb */
export async function presentBrokers(api: CcApi, brokers: readonly ServiceBroker[]): Promise<object[]> {
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
