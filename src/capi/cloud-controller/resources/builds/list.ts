import type { ListSpec } from "../../list-query.ts";

/** CC: messages/builds_list_message.rb */
export const BUILDS_LIST: ListSpec = {
  filters: { states: "list", app_guids: "list", package_guids: "list" },
  labelSelector: true,
};
/** CC: messages/app_builds_list_message.rb */
export const BUILDS_OF_APP_LIST: ListSpec = { filters: { states: "list" }, labelSelector: true };
