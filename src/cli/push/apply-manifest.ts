import type { Cli } from "../cli.ts";
import { CcFailure } from "../cloud-controller.ts";
import { type Difference, diffLines } from "./manifest-diff.ts";
import type { Manifest } from "./manifest-file.ts";

const HEADERS = { "content-type": "application/x-yaml" };

/** Gives the apps of a manifest to the targeted space and waits until they are as it says. */
export async function applyManifest({ cc, space }: Cli, text: string): Promise<void> {
  await cc.waitForJob(
    await cc.send("POST", `/v3/spaces/${space.guid}/actions/apply_manifest`, { body: text, headers: HEADERS }),
  );
}

/** Shows what applying a manifest would change; only a warning when the API cannot tell. */
export async function showManifestDiff(
  { ui, cc, space }: Cli,
  manifest: Manifest,
  text: string,
  redactEnv: boolean,
): Promise<void> {
  let differences: Difference[];
  try {
    const answer = await cc.send("POST", `/v3/spaces/${space.guid}/manifest_diff`, { body: text, headers: HEADERS });
    differences = (JSON.parse(answer.body.toString()) as { diff: Difference[] }).diff;
  } catch (error) {
    if (!(error instanceof CcFailure) || error.status < 500) throw error;
    ui.warn("Unable to generate diff. Continuing to apply manifest...");
    return;
  }
  ui.text();
  ui.text("Updating with these attributes...");
  const { stringify } = await import("yaml");
  const whole = { ...manifest.rest, applications: manifest.applications };
  const lines = diffLines(whole, differences, redactEnv, (part) =>
    stringify(part, { version: "1.1", lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false }),
  );
  for (const { sign, text: line } of lines) {
    if (sign === "+") ui.added(`+ ${line}`);
    else if (sign === "-") ui.removed(`- ${line}`);
    else ui.text(`  ${line}`);
  }
}
