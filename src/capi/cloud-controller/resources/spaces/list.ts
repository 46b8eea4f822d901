import type { ListSpec } from "../../list-query.ts";

/** CC: messages/spaces_list_message.rb */
export const SPACES_LIST = {
  filters: { names: "list", organization_guids: "list" },
  orderBy: ["name"],
  labelSelector: true,
  include: ["org", "organization"],
} as const satisfies ListSpec;
