import type { ListSpec } from "../../list-query.ts";

/** CC: messages/packages_list_message.rb */
export const PACKAGES_LIST: ListSpec = {
  filters: { states: "list", types: "list", app_guids: "list", space_guids: "list", organization_guids: "list" },
  labelSelector: true,
};
/** Of one app: its guid is in the path. */
export const PACKAGES_OF_APP_LIST: ListSpec = { filters: { states: "list", types: "list" }, labelSelector: true };
