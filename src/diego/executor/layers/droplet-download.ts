import type { Action, DownloadAction } from "../../../protocol/action.ts";
import type { ContainerLayer, RunInfo } from "../model.ts";

/** Where a droplet goes: the app user's home. CC: app_recipe_builder.rb, `to: "."` */
const HOME = "/home/vcap";
const SHA256 = /^[0-9a-f]{64}$/i;

/**
 * The download that fills the app's home before anything else happens in the container, so that a layer made of it is
 * the same to everybody inside; null when there is none. Diego does it with image layers of type EXCLUSIVE
 * (bbs/models/image_layer.go), which the Cloud Controller makes of just this download.
 */
export function dropletDownload(run: Pick<RunInfo, "setup" | "action">): DownloadAction | null {
  return firstOf(run.setup ?? run.action);
}

/** Is this the download whose files the container already has as its layer? */
export function isLayered(action: DownloadAction, layer: ContainerLayer | null): boolean {
  return layer !== null && fillsHome(action) && digestOf(action) === layer.digest;
}

/** Name of the layer made of this download. */
export function digestOf(action: DownloadAction): string {
  return (action.checksumValue ?? "").toLowerCase();
}

function firstOf(action: Action): DownloadAction | null {
  switch (action.kind) {
    case "download":
      return fillsHome(action) ? action : null;
    case "serial":
      return action.actions[0] === undefined ? null : firstOf(action.actions[0]);
    case "timeout":
    case "emit-progress":
      return firstOf(action.action);
    default:
      return null;
  }
}

function fillsHome({ to, user, checksumAlgorithm, checksumValue }: DownloadAction): boolean {
  const path = to.replace(/(?<=.)\/+$/, "");
  return (
    (path === "." || path === HOME) &&
    user === "vcap" &&
    checksumAlgorithm === "sha256" &&
    SHA256.test(checksumValue ?? "")
  );
}
