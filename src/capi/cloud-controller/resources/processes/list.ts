import type { ListSpec } from "../../list-query.ts";

const EMBED = ["process_instances"];

/** CC: messages/processes_list_message.rb */
export const PROCESSES_LIST: ListSpec = {
  filters: { types: "list", space_guids: "list", organization_guids: "list", app_guids: "list" },
  labelSelector: true,
  embed: EMBED,
};
/** Of one app. */
export const PROCESSES_OF_APP_LIST: ListSpec = { filters: { types: "list" }, labelSelector: true, embed: EMBED };
export const PROCESS_SHOW: Pick<ListSpec, "embed"> = { embed: EMBED };
