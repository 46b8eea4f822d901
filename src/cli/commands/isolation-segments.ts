import type { Command } from "../command.ts";
import type { Resource } from "../resources.ts";

export const command: Command = {
  usage: "cf isolation-segments",
  related: "enable-org-isolation, create-isolation-segment",
  run: async (cli) => {
    const { ui, cc } = cli;
    const user = cli.requireTarget("login");
    ui.flavor`Getting isolation segments as ${user.name}...`;
    ui.text();
    const { resources } = await cc.list<Resource>("/v3/isolation_segments");
    const rows: string[][] = [];
    for (const { guid, name } of resources) {
      const orgs = await cc.list<Resource>(`/v3/isolation_segments/${guid}/organizations`);
      rows.push([name, orgs.resources.map((org) => org.name).join(", ")]);
    }
    ui.table([["name", "orgs"], ...rows]);
  },
};
