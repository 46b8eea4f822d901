import type { Buildpack } from "../buildpack-details.ts";
import { type Command, value } from "../command.ts";

export const command: Command = {
  usage: `cf buildpacks [--labels SELECTOR] [--lifecycle buildpack|cnb]

EXAMPLES:
   cf buildpacks
   cf buildpacks --labels 'env=dev,!chargeback-code,tier in (backend,worker)'
   cf buildpacks --lifecycle cnb`,
  flags: [
    value("--labels", "Selector to filter buildpacks by labels"),
    value("--lifecycle", "Filter buildpacks by lifecycle ('buildpack' or 'cnb')"),
  ],
  related: "create-buildpack, delete-buildpack, update-buildpack",
  run: async (cli, input) => {
    const user = cli.requireTarget("login");
    cli.ui.flavor`Getting buildpacks as ${user.name}...`;
    cli.ui.text();
    const { resources } = await cli.cc.list<Buildpack>("/v3/buildpacks", {
      order_by: "position",
      label_selector: input.text("labels"),
      lifecycle: input.text("lifecycle"),
    });
    if (resources.length === 0) {
      cli.ui.text("No buildpacks found");
      return;
    }
    const rows = resources.map((buildpack) => [
      String(buildpack.position),
      buildpack.name,
      buildpack.stack ?? "",
      String(buildpack.enabled),
      String(buildpack.locked),
      buildpack.state,
      buildpack.filename ?? "",
      buildpack.lifecycle ?? "",
    ]);
    cli.ui.table([["position", "name", "stack", "enabled", "locked", "state", "filename", "lifecycle"], ...rows]);
  },
};
