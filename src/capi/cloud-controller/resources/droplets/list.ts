import type { ListSpec } from "../../list-query.ts";

/** CC: messages/droplets_list_message.rb */
export const DROPLETS_LIST: ListSpec = {
  filters: { app_guids: "list", organization_guids: "list", space_guids: "list", states: "list" },
  labelSelector: true,
};
export const DROPLETS_OF_APP_LIST: ListSpec = {
  filters: { states: "list", current: "text" },
  labelSelector: true,
  check: (list) => (["true", null].includes(list.text("current")) ? [] : ["Current only accepts the value 'true'"]),
};
export const DROPLETS_OF_PACKAGE_LIST: ListSpec = { filters: { states: "list" }, labelSelector: true };
