import type { ListSpec } from "../../list-query.ts";

const INCLUDE = ["space", "org", "space.organization"];

/** CC: messages/apps_list_message.rb */
export const APPS_LIST: ListSpec = {
  filters: {
    names: "list",
    organization_guids: "list",
    space_guids: "list",
    stacks: "list",
    lifecycle_type: "text",
  },
  orderBy: ["name", "state"],
  labelSelector: true,
  include: INCLUDE,
  check: (list) =>
    ["buildpack", "docker", "cnb", null].includes(list.text("lifecycle_type"))
      ? []
      : [`Invalid lifecycle_type: '${list.text("lifecycle_type")}'. Valid values are 'buildpack', 'docker', 'cnb'.`],
};
export const APP_SHOW: Pick<ListSpec, "include"> = { include: INCLUDE };
