import type { Cli } from "./cli.ts";
import { nextPause, POLL_FIRST_MS } from "./cloud-controller.ts";
import { CliError, NoEligiblePackages } from "./errors.ts";
import type { App, Package } from "./resources.ts";

/** The package that would be staged now. Throws `NoEligiblePackages`. */
export async function newestReadyPackage({ cc }: Cli, app: App): Promise<Package> {
  const query = { app_guids: app.guid, states: "READY", order_by: "-created_at" };
  const newest = await cc.first<Package>("/v3/packages", query);
  if (newest !== null) return newest;
  throw new NoEligiblePackages(app.name);
}

/** A Docker image as a package; a password only for private ones. */
export async function createDockerPackage(
  { cc }: Cli,
  appGuid: string,
  data: { readonly image: unknown; readonly username?: unknown; readonly password?: string | null },
): Promise<Package> {
  return await cc.post<Package>("/v3/packages", {
    type: "docker",
    relationships: { app: { data: { guid: appGuid } } },
    data,
  });
}

/** Gives the newest package of an app to another. Gives the copy's guid once it is ready. */
export async function copyPackage(cli: Cli, source: App, target: App): Promise<string> {
  const { guid } = await newestReadyPackage(cli, source);
  const relationships = { app: { data: { guid: target.guid } } };
  const copy = await cli.cc.post<Package>(`/v3/packages?source_guid=${guid}`, { relationships });
  await waitForPackage(cli, copy.guid);
  return copy.guid;
}

/** Until the API has processed what was uploaded or copied. Throws `CliError` when that fails. */
export async function waitForPackage({ cc, deps }: Cli, guid: string): Promise<void> {
  for (let pauseMs = POLL_FIRST_MS; ; pauseMs = nextPause(pauseMs)) {
    const { state, data } = await cc.get<Package>(`/v3/packages/${guid}`);
    if (state === "READY") return;
    if (state === "FAILED") {
      const reason = data.error ?? "";
      throw new CliError(`Package failed to process correctly after upload${reason === "" ? "" : `: ${reason}`}`);
    }
    if (state === "EXPIRED") throw new CliError("Package expired after upload");
    await deps.clock.sleep(pauseMs, deps.signal);
  }
}
