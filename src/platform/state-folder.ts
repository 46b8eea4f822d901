import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** Where everything of one Ingot lies. Removing `root` is a clean uninstall. */
export interface StateFolder {
  readonly root: string;
  /** Short name made of the path: in names of cgroups, nft tables, bridges, so that several Ingots live side by side. */
  readonly hash: string;
  readonly run: string;
  readonly data: string;
  readonly logs: string;
  readonly blobs: string;
  readonly garden: string;
  readonly cache: string;
  readonly tmp: string;
  readonly ca: string;
  readonly reports: string;
}

/** Makes the folders (0700) as far as they are missing. */
export function openStateFolder(root: string): StateFolder {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  chmodSync(root, 0o700);
  const real = realpathSync(root);
  const sub = (name: string): string => {
    const path = join(real, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  };
  return {
    root: real,
    hash: createHash("sha256").update(real).digest("hex").slice(0, 8),
    run: sub("run"),
    data: sub("data"),
    logs: sub("logs"),
    blobs: sub("blobs"),
    garden: sub("garden"),
    cache: sub("cache"),
    tmp: sub("tmp"),
    ca: sub("ca"),
    reports: sub("reports"),
  };
}
