import type { ListSpec } from "../../list-query.ts";

/** CC: messages/orgs_list_message.rb */
export const ORGANIZATIONS_LIST: ListSpec = {
  filters: { names: "list" },
  orderBy: ["name"],
  labelSelector: true,
};
