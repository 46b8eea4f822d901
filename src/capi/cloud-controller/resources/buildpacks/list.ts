import type { ListSpec } from "../../list-query.ts";

/** CC: messages/buildpacks_list_message.rb */
export const BUILDPACKS_LIST: ListSpec = {
  filters: { names: "list", stacks: "list", lifecycle: "text" },
  orderBy: ["position", "lifecycle"],
  labelSelector: true,
  check: (list) =>
    ["buildpack", "cnb", null].includes(list.text("lifecycle"))
      ? []
      : ['Lifecycle must be either "buildpack" or "cnb"'],
};
