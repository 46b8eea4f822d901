import type { Cli } from "../cli.ts";
import { APP_NAME, type Command, value } from "../command.ts";
import { variableText } from "../environment-variable-groups.ts";
import { deployedRevisions, type Revision, revisionByVersion, revisionFlag } from "../revisions.ts";
import { compareText } from "../text-order.ts";

export const command: Command = {
  usage: "cf revision APP_NAME [--version VERSION]",
  args: APP_NAME,
  flags: [value("--version", "The integer representing the specific revision to show")],
  related: "revisions, rollback",
  run: async (cli, input) => {
    const { ui, org, space } = cli;
    const version = revisionFlag(input);
    const user = cli.requireTarget("space");
    const name = input.arg(0);
    if (version === undefined) {
      ui.flavor`Showing revisions for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    } else {
      ui.flavor`Showing revision ${version} for app ${name} in org ${org.name} / space ${space.name} as ${user.name}...`;
    }
    ui.text();
    const app = await cli.appByName(name);
    const deployed = await deployedRevisions(cli, app.guid);
    const shown = version === undefined ? deployed : [await revisionByVersion(cli, app.guid, version)];
    for (const revision of shown) {
      await show(
        cli,
        revision,
        deployed.some(({ guid }) => guid === revision.guid),
      );
    }
  },
};

async function show(cli: Cli, revision: Revision, isDeployed: boolean): Promise<void> {
  const { ui, cc } = cli;
  ui.keyValues([
    ["revision:", String(revision.version)],
    ["deployed:", String(isDeployed)],
    ["description:", revision.description],
    ["deployable:", String(revision.deployable)],
    ["revision GUID:", revision.guid],
    ["droplet GUID:", revision.droplet.guid],
    ["created on:", revision.created_at],
  ]);
  ui.text();
  ui.header("labels:");
  showPairs(cli, revision.metadata.labels);
  ui.header("annotations:");
  showPairs(cli, revision.metadata.annotations);
  ui.header("application environment variables:");
  const link = revision.links["environment_variables"];
  if (link === undefined) {
    ui.warn("Unable to retrieve environment variables for revision.");
    return;
  }
  const { var: variables } = await cc.get<{ var: Record<string, unknown> }>(new URL(link.href).pathname);
  ui.keyValues(pairsOf(variables));
  ui.text();
}

function showPairs({ ui }: Cli, pairs: Readonly<Record<string, unknown>>): void {
  const rows = pairsOf(pairs);
  if (rows.length === 0) return;
  ui.keyValues(rows);
  ui.text();
}

function pairsOf(pairs: Readonly<Record<string, unknown>>): string[][] {
  return Object.entries(pairs)
    .map(([name, value]) => [`${name}:`, variableText(value)])
    .sort(([left = ""], [right = ""]) => compareText(left, right));
}
