import type { ListSpec } from "../../list-query.ts";

/** CC: messages/tasks_list_message.rb */
export const TASKS_LIST: ListSpec = {
  filters: { names: "list", states: "list", app_guids: "list", organization_guids: "list", space_guids: "list" },
  labelSelector: true,
};
export const TASKS_OF_APP_LIST: ListSpec = {
  filters: { names: "list", states: "list", sequence_ids: "list" },
  labelSelector: true,
};
